// Benchmark report — what runs and what is styled inside the HTML file.

export const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e4e8ee); --dim: light-dark(#68727f, #98a2b0); --line: light-dark(#dde2e8, #333b46);
  --ours: light-dark(#1769d2, #64a8ff); --other: light-dark(#b4bdc9, #56616f); --good: light-dark(#14803c, #58d08a); --bad: light-dark(#c4281c, #ff8272); }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: light-dark(#fff, #14181e); max-width: 1120px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; } dt { color: var(--dim); } dd { margin: 0; }
section { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1.2rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .22rem .6rem .22rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } .n { text-align: right; }
.bars .name { width: 17rem; } .bar { width: 30%; min-width: 8rem; }
.track { position: relative; height: 1rem; } .fill { height: 100%; background: var(--other); border-radius: 2px; } .ours .fill { background: var(--ours); }
.range { position: absolute; top: 45%; height: 2px; background: var(--ink); opacity: .55; }
.reference .name { font-weight: 600; } .lost, .missed .mark, .failed { color: var(--bad); } .met .mark { color: var(--good); }
.skipped, .not-measured { color: var(--dim); } .lines { margin: .6rem 0 1.4rem; } .u-legend { font-size: 13px; text-align: left; }
.u-legend tbody { display: block; columns: 3; } .u-legend .u-series { display: block; } .u-legend th, .u-legend td { border: 0; }
`

/** Finds `charts` and `uPlot` in the page. */
export const CHART_SCRIPT = `
const colors = ['#1769d2', '#31a3dd', '#7a5cd6', '#8a94a1', '#d1772b', '#c4281c', '#e2b13c', '#9c4a3c', '#1d9a63', '#6b7a2f', '#b04f96', '#444c58'];
const text = getComputedStyle(document.body).color;
const grid = { stroke: 'rgba(128, 136, 148, .25)', width: 1 };
for (const { id, unit, names, values } of charts) {
  const holder = document.getElementById(id);
  new uPlot({
    width: Math.min(1080, holder.clientWidth || 1000), height: 360,
    scales: { x: { time: false, distr: 3, log: 2 }, y: { range: (_, min, max) => [0, max * 1.05] } },
    axes: [
      { label: 'in flight', stroke: text, grid, splits: () => values[0], values: (_, places) => places.map(String) },
      { label: 'thousand ' + unit + ' a second', stroke: text, grid, size: 70, values: (_, rates) => rates.map((rate) => String(rate / 1000)) },
    ],
    series: [{ label: 'in flight' }, ...names.map((label, index) => ({
      label, stroke: colors[index % colors.length], width: label.startsWith('trueaio') ? 3 : 1.5,
      spanGaps: true, points: { show: true, size: 6 }, value: (_, rate) => (rate == null ? '–' : (rate / 1000).toFixed(1) + ' k/s'),
    }))],
  }, values, holder);
}
`
