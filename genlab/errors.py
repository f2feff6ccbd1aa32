"""Everything that can go wrong for a person, by name.

The package raises these; the command line shows ``str(error)`` as it is, a page shows it in the visitor's
language. So each message is one or two plain sentences: what is wrong, then the next step to take. What varies
goes in by name, so that the sentence itself can be looked up in a catalog of translations:

    raise PictureTooLargeError("The picture has {pixels:,} pixels; at most {most:,} are read.", pixels=n, most=MOST)
"""


class GenlabError(Exception):
    """Base of every error that genlab raises on purpose; its text is fit for a student to read.

    Attributes:
        template: the English message, with ``{name}`` where something varies.
        fields: what stands there. Without any the template is the text as it is, braces and all.
    """

    def __init__(self, template: str = "", /, **fields: object) -> None:
        super().__init__(template.format(**fields) if fields else template)
        self.template = template
        self.fields = fields


class ConfigError(GenlabError):
    """A configuration is outside its bounds or does not fit together."""


class DataError(GenlabError):
    """A data set cannot be used."""


class DataNotFoundError(DataError):
    """A data set is not on this machine."""


class DataFileError(DataError):
    """A data file is truncated, mislabelled, of the wrong size, or not what its name says."""


class DownloadError(DataError):
    """A data set could not be fetched."""


class PictureError(GenlabError):
    """A picture cannot be turned into a digit."""


class NotAPictureError(PictureError):
    """The bytes are no picture that can be read."""


class PictureTooLargeError(PictureError):
    """A picture has more bytes, pixels or frames than are read."""


class BlankPictureError(PictureError):
    """A picture holds nothing to see: one colour, or only noise."""


class CheckpointError(GenlabError):
    """A checkpoint folder is missing, broken, or does not fit its own configuration."""


class ExportError(GenlabError):
    """A network cannot be run by a browser."""


class PublishError(GenlabError):
    """A file that a browser should fetch cannot be put where the server offers it."""


class TrainingError(GenlabError):
    """A training run cannot start, continue, or went wrong (for example, the loss is not finite)."""
