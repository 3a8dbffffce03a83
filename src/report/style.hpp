#pragma once

namespace joulemark::report {

/// The style sheet of the page: light and dark, from a phone to a wall.
inline constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--paper:#fdfdfb;--ink:#1d2329;--soft:#5a646e;--line:#d9dde1;--band:#f2f4f5;
--mark:#0b5e8e;--fill:#0b5e8e;--warn:#fff3d6;--warn-ink:#5c4300}
@media(prefers-color-scheme:dark){:root{--paper:#14181c;--ink:#e6e9ec;--soft:#9ea8b2;--line:#333b43;
--band:#1c2227;--mark:#6cbdf0;--fill:#6cbdf0;--warn:#3a2f12;--warn-ink:#f3dca2}}
*{box-sizing:border-box}
html{font-size:clamp(16px,.35vw + 11.5px,26px)}
body{margin:0;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}
main{max-width:78rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.9rem;line-height:1.2;margin:.2rem 0 .5rem}
h2{font-size:1.25rem;margin:2.5rem 0 .6rem}
h3{font-size:1rem;margin:1.4rem 0 .3rem}
p,ul,dl{max-width:46rem;margin:.5rem 0}
.lead{color:var(--soft)}
.notice{background:var(--warn);color:var(--warn-ink);padding:.6rem .9rem;border-radius:.4rem;max-width:46rem}
code{font:.86em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
dt{font-weight:600;margin-top:.7rem}dd{margin:0;color:var(--soft)}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600;vertical-align:bottom}
.n{text-align:right;white-space:nowrap}
td .sub,td code{display:block;color:var(--soft);font-size:.82em}
@media(min-width:68.01rem){td.w{white-space:nowrap}}
@media(min-width:80rem){td code{white-space:nowrap}}
td .ci{color:var(--soft);white-space:nowrap}
tbody tr:hover{background:var(--band)}
figure{margin:1rem 0}
figcaption{color:var(--soft);font-size:.9rem;max-width:46rem}
svg{display:block;width:100%;height:auto;overflow:visible}
svg.key{display:inline-block;width:1em;height:1em;vertical-align:-.12em}
.key-list{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0;color:var(--soft);font-size:.9rem}
svg text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;fill:var(--ink)}
svg .tick,svg .axis{fill:var(--soft)}
svg .label{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
.grid{stroke:var(--line);stroke-width:1}
.link{stroke:var(--mark);stroke-width:1;stroke-dasharray:2 3;opacity:.55}
.leader{stroke:var(--soft);stroke-width:.7}
.bar{stroke:var(--mark);stroke-width:1.2;fill:none}
.bar.ci{stroke-width:3.5}
.mark{stroke:var(--mark);stroke-width:1.8;fill:var(--paper)}
.mark.full{fill:var(--fill)}
.narrow,.middle{display:none}
@media(max-width:68rem){.wide{display:none}.middle{display:block}}
@media(max-width:44rem){
.middle{display:none}.narrow{display:block;max-width:27rem}
h1{font-size:1.5rem}
}
@media(max-width:68rem){
.cards tbody{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20rem,100%),1fr));column-gap:2.5rem}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr{display:block;border-bottom:2px solid var(--line);padding:.6rem 0}
.cards td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.12rem 0;text-align:right;
white-space:normal;max-width:27rem}
.cards td::before{content:attr(data-label);color:var(--soft);text-align:left;flex:none}
.cards td:empty{display:none}
.cards td.name{font-weight:600}.cards td.name::before,.cards td .sub,.cards td code{font-weight:400}
.cards td>span{overflow-wrap:anywhere;min-width:0}
}
@media print{main{max-width:none}tbody tr{break-inside:avoid}}
)css";

}  // namespace joulemark::report
