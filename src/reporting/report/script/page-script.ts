import { CHART_SCRIPT } from './chart-script.ts';
import { COMMON_SCRIPT } from './common-script.ts';
import { NODE_MAP_SCRIPT } from './node-map-script.ts';
import { POD_CHART_SCRIPT } from './pod-chart-script.ts';
import { THEME_SCRIPT } from './theme-script.ts';
import { TRAFFIC_SCRIPT } from './traffic-script.ts';

/**
 * What runs in the report's page, as plain script of the browser: draws the charts with uPlot, the map of the cluster and
 * the lives of pods from the embedded data. All parts look at one stretch of time and redraw when it or the theme changes.
 */
export const PAGE_SCRIPT = `(() => {
'use strict';
${COMMON_SCRIPT}
${CHART_SCRIPT}
${TRAFFIC_SCRIPT}
${NODE_MAP_SCRIPT}
${POD_CHART_SCRIPT}
function drawAll() {
  drawCharts();
  drawNodeMap();
  drawPods();
}
onRange(() => drawPods());
${THEME_SCRIPT}
followTheme(drawAll);
})();
`;
