// Numbers as the server writes them (cgp/explorer/numbers.py): in the digits and units of the page's language.
const { lang, dataset } = document.documentElement;
const PERSIAN = Object.fromEntries([..."0123456789,.%"].map((mark, n) => [mark, [..."۰۱۲۳۴۵۶۷۸۹٬٫٪"][n]]));
const local = (text, marks) => (lang === "fa" ? String(text).replace(marks, (mark) => PERSIAN[mark]) : String(text));

export const numeral = (value) => local(value, /[0-9]/g);
export const number = (value) => local(value.toLocaleString("en"), /[0-9,.%]/g);
export const decimal = (value, digits = 2) => local(value.toFixed(digits), /[0-9,.%]/g);
export const share = (value) => local(`${Math.round(100 * value)}%`, /[0-9,.%]/g);
export function duration(seconds) {
  const [second, minute, hour] = dataset.units.split(" ");
  if (seconds < 60) return `${decimal(seconds, seconds > 0 && seconds < 10 ? 2 : 0)} ${second}`;
  return seconds < 5400 ? `${decimal(seconds / 60, 0)} ${minute}` : `${decimal(seconds / 3600, 1)} ${hour}`;
}
// For the axes of uPlot: ticks are round, but for the last bits.
export const ticks = (_, values) => values.map((value) => local(+value.toFixed(6), /[0-9,.%]/g));
