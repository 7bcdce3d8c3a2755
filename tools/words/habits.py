"""Habits of wording that a machine can find, each with what to write instead."""

import re
from dataclasses import dataclass, field

_PER = (
    "seed|word|token|head|layer|row|column|position|pair|distance|lesson|line|cell|channel|step|"
    "encoding|file|figure|batch|key|query|number|sequence|document|question|exercise|term|axis|"
    "frequency|frequencies|block|bucket|patch|run|task|text|test"
)
_SMALL = "for|with|to|of|in|as|is|was|becomes?|and|or|than|at|by|on|from|before|after|like|where"
# After these verbs two nouns are two objects: "gives a token a vector".
_TWO = (
    "give|gives|gave|given|giving|make|makes|made|making|call|calls|called|show|shows|assign|"
    "assigns|tell|tells|teach|ask|asks|cost|costs|leave|leaves|get|gets|send|sends|lend|lends|"
    "hand|hands|offer|offers|save|saves|name|names|once|twice|times"
)


@dataclass(frozen=True)
class Habit:
    """A pattern, what to write instead, and the lessons where it is the subject."""

    pattern: str
    instead: str
    but_in: tuple[str, ...] = ()
    compiled: re.Pattern[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", re.compile(self.pattern, re.IGNORECASE))


# A group `allowed` marks what looks like the habit and is not.
HABITS = (
    # --- grammar
    Habit(rf"(?P<allowed>\b(?:{_TWO})\s)?\b(?:an?|one|two|three|four)\s(?!(?:{_SMALL})\b)[a-z-]+\s"
          rf"an?\s(?:{_PER})\b(?!\s(?:is|are|has|was|can|with)\b)",
          "“per”: “one row per word”, “each head has its own number”"),
    Habit(r"(?P<allowed>\bthere\s(?:\w+\s)?)?\b(?:is|are|was|were)\sno\s"
          r"(?!longer|more|less|better|worse|different|larger|smaller|greater|higher|lower|faster|"
          r"slower|shorter|further|one\b|way\b|such\b|need\b)\w+", "“is not …”"),
    Habit(r"\bof one (?:size|length|kind|width|type|norm|shape)\b|\bone and the same\b|"
          r"\b(?:get|gets|share|shares|have|has) one (?:code|vector|row|angle)\b",
          "“the same”: “equally long”, “share a vector”"),
    Habit(r"\bwhoever\b|\bwhosoever\b|(?:^|[.:] )Who (?!(?:is|are|was|does|did|has)\b)[^?.]*\.",
          "“if you …”, “a reader who …”"),
    Habit(r"\bshall\b", "“will”, “must”, or an imperative"),
    Habit(r"\banew\b", "“again”, “new”"),
    Habit(r"\b(?:fore(?:tell|told|tells)|beforehand)\b", "“predicted”, “in advance”"),
    Habit(r"\bastray\b", "“wrong”, “misled”"),
    Habit(r", for (?:it|they|there|we|you|he|she)\b(?! to\b)", "“because”"),
    Habit(r"\bso trained\b", "“trained in this way”"),
    Habit(r"\b(?:the|its|their|this|that|a|an) [a-z]+ alone\b", "“only the …”: “depends only on”"),
    Habit(r"\b(?:score|formula|sum|matrix|softmax|encoding|bias|kernel|tensor|module|vector|"
          r"attention|layer|head|norm|it) (?:knows|forgives)\b", "“depends on”, “represents”"),
    Habit(r"\b(?:comes?|came) round\b|\bgo(?:es)? on\b", "the action: “repeats”, “continues”"),
    Habit(r"\bover the (?:distance|position|offset)s?\b", "“against distance”"),
    Habit(r"\bnotebooks? \d\d\b", "“lesson NN”, with its link"),
    # --- terms
    Habit(r"\b(?:positions?|positional|sinusoidal|rotary|absolute|relative|learned|fixed|integer)"
          r" codes?\b|\bcodes\b|\bcode of (?:an?|the|each|every|one) (?:position|place|word|token)|"
          r"\b(?:a|one|equal) code\b(?! cell)", "“encoding” or “position vector”"),
    Habit(r"\b(?:sinusoidal|rotary|relative|absolute|RoPE|ALiBi|T5) methods?\b", "“encoding”"),
    Habit(r"(?<!training )(?<!the )\bspeeds?\b(?! up\b)|\bspeeds\b(?! up\b)|"
          r"\b(?:which|what|many|one|other|the \w+) speeds?\b", "“frequency”"),
    Habit(r"\b(?:slow|fast|slowest|fastest|one|each|every|all|the|these|its|two|clock) hands\b|"
          r"\b(?:slow|slowest|fast|fastest|one|each|every) hand\b", "“pair”", ("03",)),
    Habit(r"\b(?:turns|turned|turning|to turn|be turned) (?:the|it|them|an?|each|every|by|all|"
          r"both|only|its|in pairs|queries|query|keys|key|values|pairs|pair|channels|vectors)\b|"
          r"\bturned (?:by|through)\b", "“rotate”; a *turn* is a full revolution"),
    Habit(r"\b(?:the|its|their|these|all|attention|two|three|such|whose|of|as|in|equal|what|"
          r"which|largest|smallest) shares\b", "“attention weights”; otherwise “fractions”"),
    Habit(r"\blearned tables?\b", "“learned position table”, “learned position embeddings”"),
    Habit(r"\b(?:trained length|length of (?:an?|the) (?:code|vector)|"
          r"(?:within|beyond|inside|past) (?:the|its|their) length)\b",
          "“training length”, “norm of a vector”, “sequence length”"),
    Habit(r"\bright (?:answers?|tokens?|letters?|words?|programs?|ones?|guess(?:es)?|class)\b|"
          r"\bshare of right\b", "“correct”, “accuracy”"),
    Habit(r"\blikeness(?:es)?\b|\balike\b", "“cosine similarity”, “similar”"),
    Habit(r"\b(?:places? (?:back|apart|later|earlier|ahead|further|away)|[kn1-9] back)\b",
          "“offset”, “relative distance”, “positions earlier”"),
    Habit(r"(?P<allowed>\b(?:is|are|has|have|had|gets?|gives?|get|was|were|make|makes|needs?|with) "
          r"|, )?\bnone\b(?! of\b)", "`none` in code type, or “NoPE model”, “without encoding”"),
    Habit(r"\bskips the norm\b", "“residual stream”"),
    Habit(r"\bperceptrons?\b", "“MLP”"),
    Habit(r"\bcontext windows?\b", "“context length”"),
    Habit(r"\bsome more training\b", "“fine-tuning”"),
    Habit(r"\blevels? to beat\b", "“baseline”"),
    Habit(r"\bdoors?\b", "“where position enters”", ("01",)),
    Habit(r"\bplans? of layers\b", "“layer pattern”"),
    Habit(r"\bfew first words\b|\bfirst few words\b", "“sink tokens”"),
    Habit(r"\bwalls?\b", "“document mask”"),
    Habit(r"(?<!-)\b(?:ill|healthy|patients?|ward|mend(?:s|ed|ing)?|cure[sd]?)\b(?!-)",
          "“buggy”, “correct”, “fix”"),
    Habit(r"\b(?:this|the|next|last|first|second|third|large|larger|two|these|each|every|upper|"
          r"lower|left|right) pictures?\b", "“figure”; “image” where there are pixels", ("10",)),
)  # fmt: skip
