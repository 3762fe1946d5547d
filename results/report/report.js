'use strict';
// Draws the charts of the report from its data block with Chart.js. The page is whole without it.
(() => {
  const data = JSON.parse(document.getElementById('chart-data').textContent);
  const percent = (x) => Math.round(100 * x) + ' %';
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // What each kind of setting looks like: a shape of its own, so that colour never stands alone.
  const kinds = [
    {kind: 'baseline', name: 'Baseline', shape: 'rectRot', radius: 8, colour: '--ink'},
    {kind: 'recommended', name: 'Recommended', shape: 'circle', radius: 9, colour: '--accent'},
    {kind: 'improved', name: 'Improved', shape: 'triangle', radius: 6, colour: '--good'},
    {kind: 'ok', name: 'Ok', shape: 'circle', radius: 5, colour: '--good'},
    {kind: 'inconclusive', name: 'Inconclusive', shape: 'circle', radius: 5, colour: '--unsure', hollow: true},
    {kind: 'flagged', name: 'Flagged', shape: 'triangle', radius: 6, rotation: 180, colour: '--bad'},
    {kind: 'control', name: 'A/A control', shape: 'crossRot', radius: 6, colour: '--soft'},
  ];

  // Names beside the points, each where it covers no other; one that finds no room is left to the
  // tooltip and the table.
  const names = {
    id: 'names',
    afterDatasetsDraw(chart) {
      const ctx = chart.ctx;
      const taken = [];
      const points = [];
      chart.data.datasets.forEach((set, i) => {
        if (!set.named || !chart.isDatasetVisible(i)) return;
        chart.getDatasetMeta(i).data.forEach((element, j) => {
          const r = set.pointRadius + 2;
          taken.push([element.x - r, element.y - r, element.x + r, element.y + r]);
          if (set.data[j].name) points.push({x: element.x, y: element.y, r, text: set.data[j].name});
        });
      });
      const area = chart.chartArea;
      const free = (box) => box[0] >= area.left && box[2] <= area.right && box[1] >= area.top && box[3] <= area.bottom &&
        taken.every((t) => box[2] < t[0] || box[0] > t[2] || box[3] < t[1] || box[1] > t[3]);
      ctx.save();
      ctx.font = `600 12px ${Chart.defaults.font.family}`;
      ctx.fillStyle = css('--ink');
      ctx.textBaseline = 'top';
      for (const p of points) {
        const w = ctx.measureText(p.text).width, h = 13;
        const spots = [[p.x + p.r + 3, p.y - p.r - h], [p.x - p.r - w - 3, p.y + p.r - 1], [p.x + p.r + 3, p.y + p.r - 1],
          [p.x - p.r - w - 3, p.y - p.r - h], [p.x - w / 2, p.y - p.r - h - 4], [p.x - w / 2, p.y + p.r + 4]];
        const spot = spots.find(([x, y]) => free([x, y, x + w, y + h]));
        if (!spot) continue;
        taken.push([spot[0], spot[1], spot[0] + w, spot[1] + h]);
        ctx.fillText(p.text, spot[0], spot[1]);
      }
      ctx.restore();
    },
  };

  // An interval is a line between its ends; NaN parts it from the next.
  const bars = (ends) => ends.flatMap(([x1, y1, x2, y2]) => [{x: x1, y: y1}, {x: x2, y: y2}, {x: NaN, y: NaN}]);
  const lineSet = (label, points, colour, extra) => ({
    label, data: points, type: 'line', pointStyle: 'line', borderColor: colour, backgroundColor: colour, borderWidth: 1.5, pointRadius: 0, pointHitRadius: 0,
    spanGaps: false, ...extra});

  function axis(title, format, extra) {
    return {
      title: {display: true, text: title, color: css('--soft')},
      ticks: {color: css('--soft'), callback: format},
      grid: {color: css('--line'), borderColor: css('--line')},
      ...extra,
    };
  }

  function base(x, y, tooltip) {
    return {
      animation: false,
      maintainAspectRatio: false,
      clip: false,
      devicePixelRatio: Math.max(2, window.devicePixelRatio || 1),
      interaction: {mode: 'nearest', intersect: true},
      scales: {x, y},
      plugins: {
        legend: {position: 'bottom', labels: {usePointStyle: true, boxHeight: 7, color: css('--ink'), padding: 14,
          filter: (item, chart) => !chart.datasets[item.datasetIndex].unlisted}},
        tooltip: {callbacks: {title: () => '', label: tooltip}, filter: (item) => Boolean(item.raw.tip)},
      },
    };
  }

  function pareto(model) {
    const points = model.points;
        const low = Math.min(...points.map((p) => p.ylo)), high = Math.max(...points.map((p) => p.yhi));
    const few = points.length <= 60;  // else only the two that matter are named
    const sets = kinds.map((k) => ({
      label: k.name, named: true, type: 'scatter', pointStyle: k.shape, pointRadius: k.radius, pointHoverRadius: k.radius + 1,
      rotation: k.rotation || 0, borderColor: css(k.colour), backgroundColor: k.hollow ? css('--card') : css(k.colour),
      borderWidth: k.hollow || k.kind === 'control' ? 2 : 1,
      data: points.filter((p) => p.kind === k.kind).map((p) => ({
        x: p.x, y: p.y, name: p.kind === 'baseline' || p.kind === 'recommended' || few && p.kind !== 'control' ? p.name : '',
        tip: `${p.label}: ${p.speed} tokens/s, quality ${p.quality}`})),
    })).filter((s) => s.data.length > 0);
    sets.push(lineSet('No setting beats these in both', model.frontier, css('--soft'), {borderDash: [2, 3], order: 5}));
    sets.push(lineSet('95 % interval', bars(points.flatMap((p) => [[p.xlo, p.y, p.xhi, p.y], [p.x, p.ylo, p.x, p.yhi]])),
      css('--soft'), {unlisted: true, borderWidth: 1, order: 4}));
    return {
      data: {datasets: sets},
      options: base(axis('Decode, tokens/s', undefined, {type: 'linear', grace: '4%'}),
        axis('Quality', percent, {suggestedMin: low, suggestedMax: high, ...(low < .1 && {min: 0}), ...(high > .9 && {max: 1})}), (item) => item.raw.tip),
      plugins: [names],
    };
  }

  function curve(model) {
    const line = (label, key, colour, shape) => {
      const points = model.curve.filter((p) => p[key]);
      return [
        {label, type: 'line', data: points.map((p) => ({x: p.k, y: p[key].v, tip: `k=${p.k}: ${label.toLowerCase()} ${p[key].text}`})),
          borderColor: css(colour), backgroundColor: css(colour), borderWidth: 2, pointStyle: shape, pointRadius: 5, pointHoverRadius: 6},
        lineSet(label + ', 95 % interval', bars(points.map((p) => [p.k, p[key].lo, p.k, p[key].hi])), css(colour), {unlisted: true}),
      ];
    };
    const ks = model.curve.map((p) => p.k);
    const ends = [Math.min(...ks), Math.max(...ks)];
    return {
      type: 'line',
      data: {datasets: [
        ...line('Decode speed', 'speed', '--accent', 'circle'), ...line('Quality', 'quality', '--bad', 'rect'),
        lineSet(`Flagged below ${percent(data.flag_below)}`, ends.map((k) => ({x: k, y: data.flag_below})), css('--soft'), {borderDash: [6, 4]})]},
      options: base(axis('Experts per token (k)', (v) => ks.includes(v) ? v : '', {type: 'linear', ticks: {color: css('--soft'), stepSize: 1, autoSkip: false, maxRotation: 0, callback: (v) => ks.includes(v) ? v : ''}, grid: {display: false, borderColor: css('--line')}}),
        axis('Relative to the baseline', percent, {beginAtZero: true, grace: '4%'}), (item) => item.raw.tip),
    };
  }

  const charts = [];
  function draw() {
    while (charts.length) charts.pop().destroy();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
      const model = data.models[Number(canvas.dataset.model)];
      charts.push(new Chart(canvas, canvas.dataset.chart === 'pareto' ? pareto(model) : curve(model)));
    }
  }
  for (const block of document.querySelectorAll('.charts')) block.hidden = !block.querySelector('canvas');
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  matchMedia('print').addEventListener('change', draw);
  addEventListener('beforeprint', () => { for (const d of document.querySelectorAll('details')) d.open = true; });
})();
