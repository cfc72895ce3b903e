() => {
  // What is wrong with the drawings of the page: words cut off, covered, too small or too pale.
  const SMALLEST = 10.9; // pixels at 390
  const CONTRAST = 4.5;
  const found = [];

  const linear = (part) => (part <= 10.31 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [red, green, blue] = colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(linear);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const isNear = (shape, text) => {
    const { x, y, width, height } = shape.getBBox();
    const edge = parseFloat(getComputedStyle(shape).strokeWidth) || 0;
    const across = Math.min(x + width, text.x + text.width) - Math.max(x, text.x);
    const down = Math.min(y + height, text.y + text.height) - Math.max(y, text.y);
    return across >= -edge && down >= -edge;
  };
  const isFilled = (shape) => getComputedStyle(shape).fill !== "none";
  const page = getComputedStyle(document.documentElement).backgroundColor;

  for (const svg of document.querySelectorAll(".diagram svg")) {
    const size = svg.viewBox.baseVal;
    const scale = svg.getBoundingClientRect().width / size.width;
    const texts = [...svg.querySelectorAll("text")];
    const shapes = [...svg.querySelectorAll(":is(rect, path, line, polyline, polygon, circle, ellipse):not(defs *)")];
    const boxes = texts.map((text) => text.getBBox());

    texts.forEach((text, index) => {
      const { x, y, width, height } = boxes[index];
      const say = (message) => found.push(`${svg.closest("figure").innerText.trim().split("\n").pop()}: "${text.textContent}" ${message}`);
      const at = (across, down) => new DOMPoint(x + width * across, y + height * down);
      const middle = at(0.5, 0.5);
      const before = shapes.filter((shape) => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING);
      const ground = before.filter((shape) => isFilled(shape) && shape.isPointInFill(middle)).pop();

      const pixels = parseFloat(getComputedStyle(text).fontSize) * scale;
      if (pixels < SMALLEST) say(`has letters of ${pixels.toFixed(1)} px`);
      if (x < 0 || y < 0 || x + width > size.width || y + height > size.height) say("is cut off");
      const ratio = contrast(getComputedStyle(text).fill, ground ? getComputedStyle(ground).fill : page);
      if (ratio < CONTRAST) say(`has a contrast of ${ratio.toFixed(1)}`);

      const ends = [at(0, 0.3), at(1, 0.3), at(0, 0.75), at(1, 0.75)];
      if (ground && !ends.every((end) => ground.isPointInFill(end))) say("sticks out of its shape");
      const steps = Array.from({ length: 101 }, (_, step) => step / 100);
      for (const shape of shapes.filter((shape) => isNear(shape, boxes[index]))) {
        if (shape === ground || (isFilled(shape) && shape.isPointInFill(middle))) continue;
        const isHit = (point) => (isFilled(shape) && shape.isPointInFill(point)) || shape.isPointInStroke(point);
        if (steps.some((step) => isHit(at(step, 0.3)) || isHit(at(step, 0.75)))) say(`is crossed by a ${shape.tagName}`);
      }
      boxes.slice(0, index).forEach((other, earlier) => {
        const across = Math.min(x + width, other.x + other.width) - Math.max(x, other.x);
        const down = Math.min(y + height, other.y + other.height) - Math.max(y, other.y);
        if (across > 0 && down > 4) say(`runs into "${texts[earlier].textContent}"`);
      });
    });
  }
  return found;
}
