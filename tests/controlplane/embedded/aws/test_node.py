"""Handlers in Node.js answer, fail and log as on AWS."""

import base64
import re
import shutil
from typing import Any

import pytest

from .conftest import Bench, package

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js on this machine")

HANDLER = """
class CardDeclined extends Error {
  constructor(text) { super(text); this.name = "CardDeclined"; this.code = 7; }
}
let count = 0;
exports.handler = async (event, context) => {
  count += 1;
  console.log("asked for %s\\nby %j", event.want, event);
  if (event.want === "error") throw new CardDeclined("insufficient funds");
  if (event.want === "text") throw "just text";
  if (event.want === "circle") { const it = {}; it.it = it; return it; }
  if (event.want === "many") for (let i = 0; i < 60000; i++) console.log(`line ${i}`);
  if (event.want === "exit") process.exit(3);
  if (event.want === "later") { setTimeout(() => { throw new RangeError("later"); }); await new Promise(() => {}); }
  return event.want === "nothing" ? undefined : count;
};
"""


def deploy(bench: Bench, name: str, source: str = HANDLER) -> str:
    code = {"ZipFile": package(source, "app.js")}
    return bench.function("", name=name, Runtime="nodejs22.x", Timeout=60, Code=code)


@pytest.fixture(scope="module")
def node(bench: Bench) -> str:
    """A function that does what it is asked for."""
    return deploy(bench, "obedient-node")


def ask(bench: Bench, name: str, want: str) -> tuple[Any, dict[str, Any], list[str]]:
    """The payload, the answer, and the end of its log."""
    payload, answer = bench.invoke(name, {"want": want}, LogType="Tail")
    return payload, answer, base64.b64decode(answer["LogResult"]).decode().split("\n")


def test_an_error_is_told_as_on_aws_and_keeps_the_process(bench: Bench) -> None:
    name = deploy(bench, "failing-node")
    first, _, cold = ask(bench, name, "count")
    payload, answer, log = ask(bench, name, "error")
    text, _, _ = ask(bench, name, "text")
    circle, _, _ = ask(bench, name, "circle")
    last, _, warm = ask(bench, name, "count")
    assert (first, last) == (1, 5)
    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("CardDeclined", "insufficient funds")
    assert payload["trace"][0] == "CardDeclined: insufficient funds"
    assert payload["trace"][1].endswith("(/var/task/app.js:9:37)")
    assert text == {"errorType": "string", "errorMessage": "just text", "trace": []}
    assert (circle["errorType"], circle["errorMessage"]) == ("Error", "Unable to stringify response body")
    request_id = answer["ResponseMetadata"]["RequestId"]
    stamp = rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{request_id}"
    assert re.fullmatch(rf'{stamp}\tINFO\tasked for error\rby {{"want":"error"}}', log[1])
    told = '{"errorType":"CardDeclined","errorMessage":"insufficient funds","name":"CardDeclined","code":7,"stack":['
    assert re.match(rf"{stamp}\tERROR\tInvoke Error \t{re.escape(told)}", log[2])
    assert bench.log(name)[:4] == cold
    assert re.search(r"Max Memory Used: \d\d+ MB\tInit Duration: \d+\.\d\d ms\t$", cold[-1])
    assert "Init Duration" not in warm[-1]
    assert float(cold[-1].split("\tDuration: ")[1].split()[0]) < float(cold[-1].split("Init Duration: ")[1].split()[0])


def test_no_line_is_lost_however_many_there_are(bench: Bench, node: str) -> None:
    _, _, log = ask(bench, node, "many")
    lines = [line.rpartition("\t")[2] for line in log if "INFO" in line]
    assert lines[-1] == "line 59999"


def test_nothing_returned_is_null(bench: Bench, node: str) -> None:
    assert ask(bench, node, "nothing")[0] is None


@pytest.mark.parametrize(
    ("want", "error_type", "message"),
    [("later", "RangeError", "later"), ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 3")],
)
def test_what_ends_the_process_is_told(bench: Bench, node: str, want: str, error_type: str, message: str) -> None:
    payload, _, log = ask(bench, node, want)
    assert payload["errorType"] == error_type
    assert payload["errorMessage"].endswith(message)
    assert int(log[-1].split("Max Memory Used: ")[1].split()[0]) > 0


@pytest.mark.parametrize(
    ("source", "error_type", "message"),
    [
        ("exports.handler = async () => {", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected end of input"),
        ("require('nowhere')", "Runtime.ImportModuleError", "Error: Cannot find module 'nowhere'"),
        ("exports.other = 1", "Runtime.HandlerNotFound", "app.handler is undefined or not exported"),
    ],
)
def test_what_cannot_be_loaded_is_named_and_logged(bench: Bench, source: str, error_type: str, message: str) -> None:
    payload, answer, log = ask(bench, deploy(bench, "", source), "count")
    assert answer["FunctionError"] == "Unhandled"
    assert payload["errorType"] == error_type
    assert payload["errorMessage"].startswith(message)
    assert f'Uncaught Exception \t{{"errorType":"{error_type}","errorMessage":"{message}' in log[1]


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = (event) => { console.log('seen'); };",
        "exports.handler = async () => new Promise(() => {});",
        "exports.handler = (event, context, callback) => { setTimeout(() => console.log('seen'), 20); };",
    ],
)
def test_who_neither_answers_nor_waits_for_anything_has_answered_nothing(bench: Bench, source: str) -> None:
    function = deploy(bench, "", source)
    for _ in range(2):
        payload, answer, log = ask(bench, function, "nothing")
        assert payload is None
        assert "FunctionError" not in answer
    assert ("seen" in log[1]) == ("seen" in source)
