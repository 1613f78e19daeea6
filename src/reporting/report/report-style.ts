/** The report's own style. Colours are Okabe and Ito's, which people with any colour vision can tell apart. */
export const REPORT_STYLE = `
:root{color-scheme:light;--bg:#f7f7f5;--card:#fff;--ink:#1b1f24;--soft:#59636e;--line:#e3e3df;--grid:#ececea;
--blue:#0072b2;--orange:#c77700;--green:#00855f;--red:#c44e00;--sky:#2b8cc4;--purple:#a85a85;--band:rgba(213,94,0,.13);
--warn-bg:#fff4e0;--warn-line:#e69f00}
:root[data-theme=dark]{color-scheme:dark;--bg:#14171a;--card:#1c2024;--ink:#e8eaec;--soft:#9aa5b0;--line:#2c3238;--grid:#272c31;
--blue:#5cb3e6;--orange:#f0b040;--green:#3ec79a;--red:#ff8a4c;--sky:#8ccdf0;--purple:#dd9cc0;--band:rgba(255,138,76,.16);
--warn-bg:#332914;--warn-line:#b98300}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1160px;margin:0 auto;padding:28px 20px 56px}
header{display:flex;gap:16px;align-items:flex-start;justify-content:space-between;margin-bottom:20px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;font-weight:650;letter-spacing:-.01em}
h2{font-size:16px;margin:0 0 2px;font-weight:650}
p{margin:0}.lead{color:var(--soft);max-width:70ch}
.facts{display:flex;flex-wrap:wrap;gap:4px 18px;color:var(--soft);font-size:13px;margin-top:10px}
.facts b{color:var(--ink);font-weight:550}
button{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:5px 11px;cursor:pointer;white-space:nowrap}
button:hover{border-color:var(--soft)}
.partial{background:var(--warn-bg);border:1px solid var(--warn-line);border-radius:10px;padding:10px 14px;margin-bottom:18px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-bottom:16px}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:12px}
.tile{padding:12px 14px 11px}
.tile .k{color:var(--soft);font-size:12.5px}
.tile .v{font-size:24px;font-weight:600;letter-spacing:-.01em;font-variant-numeric:tabular-nums;line-height:1.3}
.tile .u{font-size:13px;color:var(--soft);font-weight:400;margin-left:3px}
.tile .n{color:var(--soft);font-size:12.5px}
.card{padding:16px 18px;margin-bottom:16px;min-width:0}
.card>p{color:var(--soft);font-size:13px;margin-bottom:10px;max-width:85ch}
.two{display:grid;grid-template-columns:1fr 1fr;gap:16px}.two>*{min-width:0}
.plot{width:100%;overflow:hidden}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--soft);margin-top:6px;font-variant-numeric:tabular-nums}
.legend i{display:inline-block;width:14px;height:3px;border-radius:2px;vertical-align:middle;margin-right:6px}
.legend b{color:var(--ink);font-weight:550}
.scroll{overflow-x:auto}.tall .scroll{max-height:420px;overflow:auto}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{text-align:left;color:var(--soft);font-weight:500;font-size:12.5px}
th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td.num,th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.msg{overflow-wrap:anywhere;min-width:120px}
.none{color:var(--soft);font-size:13.5px}
canvas.heat{width:100%;display:block;border-radius:6px;image-rendering:pixelated;background:var(--grid)}
.scale{display:flex;align-items:center;gap:8px;color:var(--soft);font-size:12.5px;margin-top:8px;flex-wrap:wrap}
.scale .bar{width:150px;height:9px;border-radius:5px}
.scale .box{width:12px;height:9px;border-radius:3px;background:var(--red)}
canvas.heat{margin-top:14px;cursor:pointer}
.map canvas{width:100%;display:block;border-radius:6px}
.note{min-height:1.5em;color:var(--soft);font-size:13px;margin-top:6px}
.tools{display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center;font-size:13px;color:var(--soft);margin-bottom:12px}
.tools .slide{display:flex;flex:1 1 200px;align-items:center;gap:8px}.tools input[type=range]{flex:1;min-width:80px;accent-color:var(--blue)}
select,input[type=search]{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid var(--soft);border-radius:8px;padding:4px 8px;max-width:100%}
output{font-variant-numeric:tabular-nums;color:var(--ink)}
.bar-top{position:sticky;top:0;z-index:5;display:flex;flex-wrap:wrap;gap:6px 18px;align-items:center;justify-content:space-between;background:var(--bg);border-bottom:1px solid var(--line);padding:8px 0;margin-bottom:14px;font-size:13px}
.bar-top .group{display:flex;gap:4px;align-items:center}.bar-top output{margin-left:8px;white-space:nowrap}.links{display:flex;flex-wrap:wrap;gap:4px 14px}
a{color:var(--blue)}
button:disabled{opacity:.45;cursor:default}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
section,.two{scroll-margin-top:52px}
.legend button.key{border:0;background:none;padding:0;color:var(--soft)}.legend button.key[aria-pressed=false]{text-decoration:line-through;opacity:.6}
table.pods{table-layout:fixed;min-width:560px}table.pods th[scope=row]{width:300px;font-weight:500;color:var(--ink);overflow-wrap:anywhere}
table.pods th:first-child{width:300px}table.pods small{color:var(--soft);font-weight:400}table.pods th,table.pods td{padding-top:4px;padding-bottom:4px;vertical-align:middle}
.lane{position:relative;height:16px;background:var(--grid);border-radius:4px;overflow:hidden}
.lane .bar{position:absolute;top:0;bottom:0}
.legend i.bar{height:10px}
.bar.waiting{background:var(--orange)}.bar.starting{background:var(--purple)}.bar.running{background:var(--blue)}.bar.ready{background:var(--green)}.bar.ending{background:repeating-linear-gradient(45deg,var(--soft),var(--soft) 3px,var(--grid) 3px,var(--grid) 6px)}
@media (max-width:760px){table.pods th:first-child,table.pods th[scope=row]{width:170px}}
.axis{position:relative;height:1.4em;font-weight:400}.tick{position:absolute;white-space:nowrap}
details.why{border-top:1px solid var(--line);padding:8px 0}details.why summary{cursor:pointer;font-size:13.5px}details.why table{margin:6px 0}
footer{color:var(--soft);font-size:12.5px;margin-top:26px}
.u-title,.u-legend{display:none}
@media (max-width:760px){.two{grid-template-columns:1fr}main{padding:18px 12px 40px}h1{font-size:21px}.card{padding:13px 12px}
.tiles{grid-template-columns:repeat(2,1fr);gap:8px}.tile .v{font-size:20px}header{flex-direction:column}}
@media print{.tall .scroll{max-height:none}button,.tools label,.bar-top{display:none}.legend button.key{display:inline}body{background:#fff}.card,.tile{break-inside:avoid}main{max-width:none;padding:0}}
`;
