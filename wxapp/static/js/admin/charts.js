// Draws the charts of staff pages from the figures that stand beside them.
(() => {
  "use strict";
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const colours = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6"].map(token);
  const ink = token("--ink-quiet");
  const line = token("--line");
  const font = style.getPropertyValue("--font").trim();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const shown = (figure, unit) => (unit === "元" ? (figure / 100).toFixed(2) : String(figure));
  const short = (figure) => (figure >= 10000 ? `${+(figure / 10000).toFixed(1)}万` : String(figure));

  function axes(chart) {
    const figures = chart.series.map((one, at) => ({
      name: one.name,
      type: chart.kind,
      stack: chart.stacked ? "all" : undefined,
      data: chart.unit === "元" ? one.figures.map((fen) => fen / 100) : one.figures,
      smooth: 0.25,
      symbolSize: 6,
      showSymbol: chart.labels.length < 20,
      barMaxWidth: 28,
      itemStyle: { borderRadius: chart.kind === "bar" ? [3, 3, 0, 0] : 0 },
      areaStyle: chart.kind === "line" && at === 0 ? { opacity: 0.08 } : undefined,
    }));
    return {
      grid: { left: 8, right: 12, top: chart.series.length > 1 ? 40 : 20, bottom: 4, containLabel: true },
      legend: chart.series.length > 1 ? { top: 0, right: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, textStyle: { color: ink } } : undefined,
      xAxis: { type: "category", data: chart.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: chart.kind === "bar" && chart.labels.length <= 12 ? { color: ink, interval: 0, width: 84, overflow: "truncate", rotate: chart.labels.length > 5 ? 30 : 0 } : { color: ink } },
      yAxis: { type: "value", minInterval: chart.unit === "元" ? undefined : 1, splitLine: { lineStyle: { color: line } }, axisLabel: { color: ink, formatter: short } },
      series: figures,
      // Rich text, because the policy of the page allows no styles in markup.
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: (v) => (chart.unit === "元" ? `¥${Number(v).toFixed(2)}` : `${v}${chart.unit}`) },
    };
  }

  function ring(chart) {
    const parts = chart.labels.map((name, at) => ({ name, value: chart.series[0].figures[at] })).filter((part) => part.value);
    return {
      legend: { orient: "vertical", right: 0, top: "middle", icon: "circle", itemWidth: 10, textStyle: { color: ink } },
      tooltip: { trigger: "item", renderMode: "richText", confine: true, formatter: (p) => `${p.name}  ${shown(p.value, chart.unit)}${chart.unit}（${p.percent}%）` },
      series: [{ type: "pie", radius: ["52%", "78%"], center: ["36%", "50%"], label: { show: false }, data: parts, itemStyle: { borderColor: "#fff", borderWidth: 2 } }],
    };
  }

  for (const canvas of document.querySelectorAll("[data-chart]")) {
    const chart = JSON.parse(canvas.nextElementSibling.textContent);
    const drawn = echarts.init(canvas, null, { renderer: "svg" });
    drawn.setOption({ color: colours, textStyle: { fontFamily: font }, animation: !calm, ...(chart.kind === "ring" ? ring(chart) : axes(chart)) });
    new ResizeObserver(() => drawn.resize()).observe(canvas);
  }
})();
