"""Every limit, its unit, and the reason for its value.

A limit is a name that errors carry, a value, a unit and a reason. `tests/limits/` has
one test for each, at the limit.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A named bound. `name` is also the error code that exceeding it gives."""

    name: str
    value: int
    unit: str
    reason: str

    def explain(self) -> str:
        """The limit as a sentence for whoever ran into it."""
        return f"limit reached: at most {self.value:,} {self.unit} ({self.reason})"


# Running rules
FUEL_PER_STEP = Limit("fuel-per-step", 1_000_000, "fuel units in one ruleset's handling of one event",
                      "about a third of a second of work: a longer one is a loop that does not end")
FUEL_PER_TURN = Limit("fuel-per-turn", 4_000_000, "fuel units in one turn",
                      "four rulesets at their own limit")
FUEL_SLICE = Limit("fuel-slice", 10_000, "fuel units between two pauses of a turn",
                   "a few milliseconds, so that other picos go on while one works")
CALL_DEPTH = Limit("call-depth", 2_500, "nested function calls",
                   "recursion a thousand deep is legitimate; endless recursion must end")
RAISES_PER_TURN = Limit("raises-per-turn", 1_000, "events raised in one turn",
                        "rules that raise each other for ever must end")
SENDS_PER_TURN = Limit("sends-per-turn", 10_000, "messages sent by one turn",
                       "a notice to every item of a large publisher still fits")
DIRECTIVES_PER_TURN = Limit("directives-per-turn", 1_000, "directives in one reply",
                            "a reply has to fit into one HTTP answer")
LOG_LINES_PER_TURN = Limit("log-lines-per-turn", 1_000, "log lines of one turn",
                           "a loop that logs must not fill the disk")
TEXT_CHARS = Limit("text-size", 4_000_000, "characters in one text",
                   "larger things are attachments, not values")
COLLECTION_ITEMS = Limit("collection-size", 1_000_000, "items in one array or map",
                         "a pico holds what one thing knows, not a warehouse")
VALUE_BYTES = Limit("value-size", 8_000_000, "bytes of one stored or sent value",
                    "one value is written and sent whole")
VALUE_DEPTH = Limit("value-depth", 200, "levels of nested arrays and maps",
                    "deeper JSON is an attack on its reader")
TURN_SECONDS = Limit("turn-deadline", 60, "seconds for one turn with all that it waits for",
                     "the pico's next message waits for it")
QUERY_WAIT_SECONDS = Limit("query-wait", 5, "seconds that a query waits for earlier messages",
                           "after it the last committed state answers")

# The language
SOURCE_BYTES = Limit("source-size", 250_000, "bytes of one ruleset's source",
                     "the largest known ruleset has a fifth of it, and compiling takes a second")
NESTING = Limit("nesting", 200, "levels of nested brackets, operators or functions in KRL source",
                "no person writes more, and every stage works by depth")
REGEX_CHARS = Limit("regex-size", 10_000, "characters in one regular expression",
                    "compiling it costs in proportion")
REGEX_MILLISECONDS = Limit("regex-time", 100, "milliseconds for one match that needs back-tracking",
                           "look-around and back-references can take exponential time")

# The outside
HTTP_SECONDS = Limit("http-deadline", 10, "seconds for one outside HTTP request",
                     "the pico's next message waits for it")
HTTP_RESPONSE_BYTES = Limit("http-response-size", 1_000_000, "bytes of one outside HTTP response",
                            "the answer becomes a value in memory")
HTTP_REDIRECTS = Limit("http-redirects", 5, "redirects followed by one outside HTTP request",
                       "longer chains are loops")
HTTP_CALLS_PER_TURN = Limit("http-calls-per-turn", 50, "outside HTTP requests in one turn",
                            "a ruleset must not be a flood")

# The web
BODY_BYTES = Limit("body-size", 1_000_000, "bytes of one request body",
                   "larger things are attachments")
FORM_BYTES = Limit("form-size", 3_000_000, "bytes of one form, or of one request to the owner interface",
                   "a picture in base 64 fits, and the texts beside it")
ATTRIBUTES = Limit("attribute-count", 1_000, "attributes of one event",
                   "an event is a fact, not a file")
PICTURE_BYTES = Limit("picture-size", 2_000_000, "bytes of one uploaded picture",
                      "a picture is shown on a phone")
PICTURE_PIXELS = Limit("picture-pixels", 50_000_000, "pixels of one uploaded picture",
                       "a few bytes can unpack to gigabytes; no phone takes more")
INBOX_STREAMS = Limit("inbox-streams", 20, "open inbox streams of one account",
                      "each holds a connection; nobody watches from more screens")
MAILBOX_MESSAGES = Limit("mailbox-size", 10_000, "messages waiting for one pico",
                         "a longer queue means that its sender should slow down")
SIGN_IN_ATTEMPTS = Limit("sign-in-attempts", 10, "failed sign-ins for one account in ten minutes",
                         "guessing a passphrase must take years")
INVITE_HOURS = Limit("invite-lifetime", 72, "hours that a one-time link stays valid",
                     "a link left in a log must not open a cloud later")
SESSION_DAYS = Limit("session-lifetime", 30, "days that a sign-in lasts",
                     "a phone is lost sooner or later")

# The engine
COMPILED_RULESETS = Limit("compiled-rulesets", 2_000, "compiled rulesets kept in memory",
                          "one that is not used for long is compiled again")
ACTIVE_PICOS = Limit("active-picos", 10_000, "picos kept in memory",
                     "memory follows what is active, not what exists")
COMMITS_PER_GROUP = Limit("commits-per-group", 256, "commits in one database transaction",
                          "a reply waits for its group's sync")
STOP_SECONDS = Limit("stop-deadline", 10, "seconds to finish turns when stopping",
                     "after it the mailbox keeps what is left")

ALL = tuple(value for value in globals().values() if isinstance(value, Limit))
