"""As the console writes them; of a moment its zone is said too, for here it may be any viewer's."""

DATETIME_FORMAT = "j M Y, H:i:s T"
DATE_FORMAT = "j M Y"
