"""From a picture that a stranger sent to a map of where the pen went.

uploads   bytes → picture, bounded before it is decoded
sheet     the sheet of paper, if the photo also shows the desk
ground    what the paper would look like without the ink
ruling    printed lines, taken away
ink       picture → map of ink
"""
