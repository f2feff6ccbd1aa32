"""Browser components: what follows the finger, computed in the browser from the shipped weights.

``parts`` has one function for each; ``js`` the ES modules as the browser gets them.
"""
