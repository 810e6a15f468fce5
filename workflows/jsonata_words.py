"""What went wrong in an expression, in the words of JSONata: its interpreter here lets through Python's own.

Where JSONata has a code for it, that is given; a value that is no number is out of range, as on AWS.
"""

import re

from jsonata.jexception import JException

NUMBER, CAST, TIMESTAMP, SORT = "D1001", "D3030", "D3110", "D3070"
OUT_OF_RANGE = "Number out of range: the result is none that JSON can write."
NO_NUMBER = "Unable to cast value to a number: "
NO_TIME = "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "
NOT_SORTED = (
    "The single argument form of the sort function can only be applied to an array of strings or an array of numbers. "
    "Use the second argument to specify a comparison function."
)
NO_NULL = "An operator or a function was given null, which it does not take."
NO_TEXT = "A text is not encoded as this function reads it, or has characters that cannot be written."
OTHER_KIND = "An operator or a function was given a value of a kind, or with a content, that it does not take."
_OF_USER = ("D3137", "D3141")  # $error and $assert, whose text is the expression's own
_NAMELESS = "An argument of a function does not match its signature."
_QUOTED = re.compile(
    r"could not convert string to float: (?P<text>.+)|Invalid isoformat string: (?P<time>.+)", re.DOTALL
)


def said(error: Exception) -> tuple[str, str]:
    """JSONata's code, empty where it has none, and the message."""
    if isinstance(error, JException):
        return _of_jsonata(error)
    if isinstance(error, UnicodeError):
        return "", NO_TEXT
    if "NullValue" in str(error):
        return "", NO_NULL
    if isinstance(error, ArithmeticError) or str(error).startswith("math "):
        return NUMBER, OUT_OF_RANGE
    if isinstance(error, TypeError) and str(error).startswith("'<' not supported"):
        return SORT, NOT_SORTED
    return _of_quoted(error)


def _of_jsonata(error: JException) -> tuple[str, str]:
    """Its message, in which the interpreter has "Object" for what is a function, and None for what it does not know."""
    code, text = getattr(error, "error", "") or "", str(error)
    if not re.fullmatch(r"[A-Z]\d{4}", code):  # a message, given in place of a code
        code, text = "", code or text
    if code in _OF_USER:
        return code, text
    if text.startswith("Argument None of Object"):
        return code, _NAMELESS
    text = re.sub(r"(: |\.  It was given )None$", ".", text)
    return code, re.sub(r"\bObject\b", "function", text).replace(" None ", " null ")


def _of_quoted(error: Exception) -> tuple[str, str]:
    found = _QUOTED.fullmatch(str(error))
    if found is None:
        return "", OTHER_KIND
    if found["text"]:
        return CAST, NO_NUMBER + found["text"].replace("'", '"')
    return TIMESTAMP, NO_TIME + found["time"].replace("'", '"')
