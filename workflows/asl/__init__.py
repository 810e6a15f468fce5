"""The Amazon States Language, pure: no Django, no boto3, no I/O. This is its public face; what is not here is inside.

Where expressions in JSONata have to be evaluated or checked, an `Evaluator` is given; `workflows.evaluation` has one.
"""

from workflows.asl.checker import check
from workflows.asl.choice import ChoiceAnswer, choose
from workflows.asl.history import Trace, trace
from workflows.asl.jsonata import Evaluator
from workflows.asl.parser import Parsed, parse
from workflows.asl.predict import Prediction, predict
from workflows.asl.problems import Problem, parted

__all__ = [
    "ChoiceAnswer",
    "Evaluator",
    "Parsed",
    "Prediction",
    "Problem",
    "Trace",
    "check",
    "choose",
    "parse",
    "parted",
    "predict",
    "trace",
]
