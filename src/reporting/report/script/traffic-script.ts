/** How requests to Services failed over time, for one traffic or all of them. */
export const TRAFFIC_SCRIPT = String.raw`
const CAUSES = [
  ['stale_endpoint', 'stale endpoint', 'red'], ['no_endpoint', 'no endpoint', 'purple'], ['unreachable_node', 'unreachable node', 'sky'],
  ['overloaded', 'overloaded', 'orange'], ['killed', 'killed', 'ink'], ['timed_out', 'timed out', 'blue'],
];
const perCent = (n) => (n === null || n === undefined ? '–' : (100 * n).toFixed(n < 1 ? 2 : 1) + ' % of the budget');
function drawTraffic() {
  const choice = byId('traffic-choice');
  if (!choice) return;
  const { time, failed, burnt } = data.traffic[Number(choice.value)];
  const causes = CAUSES.filter(([cause]) => failed[cause]);
  const shown = causes.length > 0
    ? causes.map(([cause, label, color]) => ({ label, values: failed[cause], color, stepped: true }))
    : [{ label: 'failed', values: time.map(() => 0), color: 'red' }];
  lines('traffic-failed', shown, (n) => count(n) + ' a second', { time, tick: count });
  lines('traffic-burnt', [{ label: 'burnt', values: burnt, color: 'red' }], perCent, { time, height: 170, tick: whole });
}
if (byId('traffic-choice')) byId('traffic-choice').onchange = () => drawCharts();
`;
