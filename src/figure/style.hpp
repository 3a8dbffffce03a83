#pragma once

namespace joulemark::figure {

/// The style sheet of every picture: light, dark, and on paper always light. Colours are those of
/// Okabe and Ito ("Color Universal Design", 2008), darker or lighter where they need it to stand
/// out from the ground by 3:1 at least. All rules are below .jm, so that a page may hold pictures.
inline constexpr const char* kStyle =
    ".jm{--paper:#fff;--ink:#1d2329;--soft:#59636e;--grid:#e4e7ea;"
    "--c0:#0072b2;--c1:#d55e00;--c2:#00855f;--c3:#b0508c;--c4:#8a6d00;--c5:#5f6b76;"
    "background:var(--paper)}"
    "@media(prefers-color-scheme:dark){.jm{--paper:#14181c;--ink:#e6e9ec;--soft:#a3adb7;"
    "--grid:#2b323a;--c0:#56b4e9;--c1:#f5924e;--c2:#2fc79a;--c3:#e38fc2;--c4:#d9c24a;"
    "--c5:#a7b0b9}}"
    "@media print{.jm{--paper:#fff;--ink:#000;--soft:#444;--grid:#ddd;"
    "--c0:#0072b2;--c1:#d55e00;--c2:#00855f;--c3:#b0508c;--c4:#8a6d00;--c5:#5f6b76}}"
    ".jm text{font:13px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
    "\"DejaVu Sans\",sans-serif;fill:var(--ink)}"
    ".jm .title{font-size:17px;font-weight:600}"
    ".jm .subtitle,.jm .tick,.jm .axis,.jm .note{fill:var(--soft)}"
    ".jm .note,.jm .name{font-size:12px}"
    ".jm .name,.jm "
    ".category{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}"
    ".jm .paper{fill:var(--paper)}"
    ".jm .grid{stroke:var(--grid);fill:none}.jm .minor{stroke-opacity:.5}"
    ".jm .edge,.jm .leader{stroke:var(--soft);fill:none;stroke-width:.8}"
    ".jm .reference{stroke:var(--soft);fill:none;stroke-width:1.2;stroke-dasharray:2 3}"
    ".jm .band{fill:var(--ink);fill-opacity:.09}"
    ".jm .line{stroke:currentColor;fill:none;stroke-width:1.7;stroke-linejoin:round}"
    ".jm .mark{stroke:currentColor;fill:currentColor;fill-opacity:.75;stroke-width:1.4}"
    ".jm .hollow{fill:var(--paper);fill-opacity:1}"
    ".jm .faint{opacity:.45}.jm .strong{stroke-width:2.2;fill-opacity:1}"
    ".jm .dashed{stroke-dasharray:7 4}"
    ".jm{color:var(--ink)}.jm .c0{color:var(--c0)}.jm .c1{color:var(--c1)}"
    ".jm .c2{color:var(--c2)}.jm .c3{color:var(--c3)}.jm .c4{color:var(--c4)}"
    ".jm .c5{color:var(--c5)}";

}  // namespace joulemark::figure
