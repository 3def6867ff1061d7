"""Style: the one style sheet of our pictures, with every rule inside `.lineal-graph` so that a page keeps its own."""

from __future__ import annotations

from lineal.lineage.render.look import DARK_GROUND, EXECUTION, LIGHT_GROUND, LOOKS, OTHER, TONES

_SHAPES = """
.lineal-graph{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.lineal-graph .name{font-size:13px;font-weight:600}
.lineal-graph .lane{font-size:10.5px;font-weight:600;letter-spacing:.9px}
.lineal-graph .small,.lineal-graph .key{font-size:11.5px}
.lineal-graph .code{font-size:10.5px;font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace}
.lineal-graph .note{font-size:12px;font-weight:600}
.lineal-graph .badge{font-size:10px;font-weight:600}
.lineal-graph .edge,.lineal-graph .via,.lineal-graph .back{fill:none;stroke-width:1.4}
.lineal-graph .via{stroke-dasharray:5 4}
.lineal-graph .back{stroke-dasharray:2 3}
.lineal-graph .box{stroke-width:1.3}
.lineal-graph .root .box{stroke-width:2.8}
.lineal-graph .glyph{fill:none;stroke-width:1.5;stroke-linejoin:round;stroke-linecap:round}
"""


def _theme(shade: int, colours: dict[str, str]) -> str:
    rules = [
        f".ground{{fill:{colours['ground']}}}",
        f".band{{fill:{colours['band']}}}",
        f".box,.badge-ground{{fill:{colours['ground']}}}",
        f".name,.key{{fill:{colours['text']}}}",
        f".lane,.small,.code{{fill:{colours['quiet']}}}",
        f".note{{fill:{TONES['warn'][shade]}}}",
        f".edge,.via{{stroke:{colours['edge']}}}",
        f".back{{stroke:{TONES['fail'][shade]}}}",
        f".arrow{{fill:{colours['edge']}}}",
    ]
    for type_, look in (*LOOKS.items(), ("Execution", EXECUTION), ("Other", OTHER)):
        colour = (look.light, look.dark)[shade]
        rules.append(f".t-{type_} .box,.t-{type_}.glyph{{stroke:{colour}}}")
        rules.append(f".t-{type_} .stripe{{fill:{colour}}}")
    for tone, pair in TONES.items():
        rules.append(f".b-{tone} .badge-ground{{stroke:{pair[shade]}}}")
        rules.append(f".b-{tone} .badge{{fill:{pair[shade]}}}")
    return "\n".join(".lineal-graph " + rule.replace(",.", ",.lineal-graph .") for rule in rules)


_PAPER = {"ground": LIGHT_GROUND, "band": "#F4F6F8", "text": "#1F2328", "quiet": "#57606A", "edge": "#8C959F"}
_NIGHT = {"ground": DARK_GROUND, "band": "#182029", "text": "#E6EDF3", "quiet": "#A6B0BB", "edge": "#6E7B88"}

STYLE = f"{_SHAPES}{_theme(0, _PAPER)}\n@media (prefers-color-scheme:dark){{\n{_theme(1, _NIGHT)}\n}}\n"
"""All rules; dark ones apply where the reader's system is dark."""
