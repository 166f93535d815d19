"""Calls liboidcagent as the JSON on standard input says, and prints a JSON line for each call.

A call is {"call": NAME, "args": [...], "kwargs": {...}}; an answer {"returned": VALUE}, or
{"raised": CLASS, "message": TEXT, "help": TEXT or null} for the library's own exceptions, or
{"leaked": CLASS} for any other. The agent is where the environment says.
"""
import json
import sys

from liboidcagent import liboidcagent


def answer(call):
    try:
        function = getattr(liboidcagent, call["call"])
        return {"returned": function(*call.get("args", []), **call.get("kwargs", {}))}
    except liboidcagent.OidcAgentError as error:
        return {"raised": type(error).__name__, "message": error.message,
                "help": getattr(error, "help", None)}
    except Exception as error:  # also a result
        return {"leaked": type(error).__name__}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
