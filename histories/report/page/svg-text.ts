/** A drawing as a file of its own: styles resolved into the elements, so that it looks the same anywhere. */

const paint = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-opacity', 'opacity'];
const type = ['font-family', 'font-size', 'font-weight', 'font-style'];
const properties = [...paint, ...type];

export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>('*');
  copy.querySelectorAll<SVGElement>('*').forEach((element, i) => inline(originals[i]!, element));
  inline(svg, copy);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}

function inline(from: SVGElement, to: SVGElement): void {
  const style = getComputedStyle(from);
  for (const property of properties) {
    const value = style.getPropertyValue(property);
    if (value !== '') to.style.setProperty(property, value);
  }
  to.removeAttribute('class');
}
