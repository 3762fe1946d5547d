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

  // How far an axis goes: over all medians, and over intervals unless they would hide the medians.
  function reach(medians, lows, highs) {
    const a = Math.min(...medians), b = Math.max(...medians), room = .6 * (b - a) + .08 * b;
    const edge = .04 * (b - a);
    const low = Math.max(0, a - room, Math.min(...lows) - edge), high = Math.min(b + room, Math.max(...highs) + edge);
    const step = 10 ** Math.floor(Math.log10(Math.max(high - low, 1e-9)) - .7);
    return {min: step * Math.floor(low / step), max: step * Math.ceil(high / step)};
  }

  function pareto(model) {
    const points = model.points;
    const low = Math.min(...points.map((p) => p.ylo)), high = Math.max(...points.map((p) => p.yhi));
    const speeds = reach(points.map((p) => p.x), points.map((p) => p.xlo), points.map((p) => p.xhi));
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
      css('--soft'), {unlisted: true, borderWidth: 1, order: 4, clip: 0}));
    return {
      data: {datasets: sets},
      options: base(axis('Decode, tokens/s', undefined, {type: 'linear', ...speeds}),
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
        lineSet(label + ', 95 % interval', bars(points.map((p) => [p.k, p[key].lo, p.k, p[key].hi])), css(colour), {unlisted: true, clip: 0}),
      ];
    };
    const ks = model.curve.map((p) => p.k);
    const figures = model.curve.flatMap((p) => [p.speed, p.quality]).filter(Boolean);
    const top = reach(figures.map((f) => f.v), figures.map((f) => f.lo), figures.map((f) => f.hi)).max;
    const ends = [Math.min(...ks), Math.max(...ks)];
    return {
      type: 'line',
      data: {datasets: [
        ...line('Decode speed', 'speed', '--accent', 'circle'), ...line('Quality', 'quality', '--bad', 'rect'),
        lineSet(`Flagged below ${percent(data.flag_below)}`, ends.map((k) => ({x: k, y: data.flag_below})), css('--soft'), {borderDash: [6, 4]})]},
      options: base(axis('Experts per token (k)', (v) => ks.includes(v) ? v : '', {type: 'linear', ticks: {color: css('--soft'), stepSize: 1, autoSkip: false, maxRotation: 0, callback: (v) => ks.includes(v) ? v : ''}, grid: {display: false, borderColor: css('--line')}}),
        axis('Relative to the baseline', percent, {beginAtZero: true, max: top}), (item) => item.raw.tip),
    };
  }

  // The other charts: bars or lines over named places, each figure with its interval.
  const colours = ['--one', '--two', '--three', '--four', '--five', '--six'];
  const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot'];
  const dashes = [[], [6, 4], [2, 3], [8, 3, 2, 3], [12, 4], [4, 2]];
  const whiskers = {
    id: 'whiskers',
    afterDatasetsDraw(chart) {
      const ctx = chart.ctx, scale = chart.scales.y;
      const {left, top, width, height} = chart.chartArea;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, top, width, height);
      ctx.clip();
      ctx.lineWidth = 1.5;
      chart.data.datasets.forEach((set, i) => {
        if (!chart.isDatasetVisible(i)) return;
        ctx.strokeStyle = set.whiskers || 'transparent';
        chart.getDatasetMeta(i).data.forEach((element, j) => {
          const {lo, hi} = set.data[j];
          if (lo === undefined || !(hi > lo)) return;
          const low = scale.getPixelForValue(lo), high = scale.getPixelForValue(hi);
          ctx.beginPath();
          for (const [x1, y1, x2, y2] of [[0, low, 0, high], [-3, low, 3, low], [-3, high, 3, high]]) {
            ctx.moveTo(element.x + x1, y1);
            ctx.lineTo(element.x + x2, y2);
          }
          ctx.stroke();
        });
      });
      ctx.restore();
    },
  };

  const scales = {
    linear: {type: 'linear', grace: '8%'}, zero: {type: 'linear', beginAtZero: true, grace: '4%'},
    log: {type: 'logarithmic'}, percent: {type: 'linear', beginAtZero: true, suggestedMax: 1},
  };

  function places(c) {
    const scale = axis(c.x_title, function(index) { return this.getLabelForValue(index); },
      {type: 'category', grid: {display: false, borderColor: css('--line')}});
    scale.title.display = c.x_title !== '';
    return scale;
  }

  function series(c) {
    const lines = c.kind === 'lines';
    const sets = c.series.map((s, i) => {
      const colour = css(colours[i % colours.length]);
      const look = lines ?
        {borderWidth: 2, borderDash: dashes[i % dashes.length], pointStyle: shapes[i % shapes.length], spanGaps: true, whiskers: colour,
          pointRadius: (p) => p.raw && p.raw.marked ? 9 : 4, pointHoverRadius: 6, pointBorderWidth: (p) => p.raw && p.raw.marked ? 3 : 1,
          pointBackgroundColor: (p) => p.raw && p.raw.marked ? css('--card') : colour} :
        {borderWidth: 0, maxBarThickness: 46, whiskers: css('--ink')};
      return {label: s.name, type: lines ? 'line' : 'bar', borderColor: colour, backgroundColor: colour, ...look,
        data: s.values.map((v, j) => v ? {...v, x: c.x[j], y: v.v, tip: v.tip || `${s.name}, ${c.x[j]}: ${v.v}`} : {x: c.x[j], y: NaN})};
    });
    if (c.level) {
      sets.push(lineSet(c.level.name, c.x.map((x) => ({x, y: c.level.at})), css('--soft'), {borderDash: [6, 4]}));
    }
    const options = base(places(c), axis(c.y_title, c.scale === 'percent' ? percent : undefined, scales[c.scale]), (item) => item.raw.tip);
    const drawn = c.series.flatMap((s) => s.values).filter(Boolean), all = drawn.map((v) => v.v);
    if (c.scale === 'log') {  // else the axis begins and ends at powers of ten
      const round = (x) => Number(x.toPrecision(2));
      Object.assign(options.scales.y, {min: round(.9 * Math.min(...all)), max: round(1.2 * Math.max(...all))});
      options.scales.y.ticks.callback = (v) => /^[1235]/.test(v.toExponential()) ? Number(v.toPrecision(2)) : '';
    } else if (c.scale === 'zero') {  // whiskers have room, unless that would hide the bars
      options.scales.y.max = reach(all, all, drawn.map((v) => v.hi === undefined ? v.v : v.hi)).max;
    }
    options.plugins.legend.display = sets.length > 1;
    return {type: lines ? 'line' : 'bar', data: {labels: c.x, datasets: sets}, options, plugins: [whiskers]};
  }

  // A row of fields for each series, stacked; the stronger the colour, the more.
  function heat(c) {
    const most = Math.max(...c.series.map((s) => Math.max(...s.values)), 1e-9);
    const accent = css('--accent');
    const rgb = [1, 3, 5].map((i) => parseInt(accent.slice(i, i + 2), 16)).join(',');
    const sets = c.series.map((s) => ({
      label: s.name, data: s.values.map(() => 1), borderWidth: 0, barPercentage: 1, categoryPercentage: 1, stack: 'rows',
      backgroundColor: s.values.map((v) => `rgba(${rgb},${Math.sqrt(v / most).toFixed(3)})`)}));
    const options = base({...places(c), stacked: true},
      axis(c.y_title, undefined, {stacked: true, reverse: true, min: 0, max: sets.length, grid: {display: false, borderColor: css('--line')},
        afterBuildTicks: (scale) => { scale.ticks = sets.map((_, i) => ({value: i + .5})); }}),
      (item) => `${c.y_title} ${item.dataset.label}, ${c.x_title.toLowerCase()} ${c.x[item.dataIndex]}: ×${c.series[item.datasetIndex].values[item.dataIndex].toFixed(2)}`);
    options.scales.y.ticks = {color: css('--soft'), callback: (v) => sets[Math.floor(v)].label};
    options.plugins.legend.display = false;
    options.plugins.tooltip.filter = () => true;
    return {type: 'bar', data: {labels: c.x, datasets: sets}, options};
  }

  function chartOf(canvas) {
    const model = data.models[Number(canvas.dataset.model)];
    if (canvas.dataset.chart === 'pareto') return pareto(model);
    if (canvas.dataset.chart === 'curve') return curve(model);
    const chart = model.charts[Number(canvas.dataset.number)];
    return chart.kind === 'heat' ? heat(chart) : series(chart);
  }

  // A report of many models has hundreds of charts: the first are drawn at once, the others when
  // they come near, all before printing.
  const atOnce = 24;
  const drawn = new Map();
  function draw(canvas) {
    if (drawn.has(canvas)) drawn.get(canvas).destroy();
    drawn.set(canvas, new Chart(canvas, chartOf(canvas)));
  }
  function drawAgain() {
    for (const canvas of drawn.keys()) draw(canvas);
  }
  for (const block of document.querySelectorAll('.charts')) block.hidden = !block.querySelector('canvas');
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const canvases = [...document.querySelectorAll('canvas[data-chart]')];
  canvases.slice(0, atOnce).forEach(draw);
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, {rootMargin: '800px'});
  canvases.slice(atOnce).forEach((canvas) => near.observe(canvas));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAgain);
  matchMedia('print').addEventListener('change', drawAgain);
  addEventListener('beforeprint', () => {
    for (const d of document.querySelectorAll('details')) d.open = true;
    for (const canvas of canvases) if (!drawn.has(canvas)) draw(canvas);
  });
})();
