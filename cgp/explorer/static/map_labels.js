// Names on the map: of the clusters always, of the most frequent tags in sight once the map rests.
const MOST_TAGS = 40;
// From this zoom on tags are named: before, their names would hide the map.
const LEAST_SCALE = 2.2;

export class Labels {
  constructor(canvas, points) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
    this.points = points;
    this.sprites = new Map();
  }
  // Each name is drawn once, to be copied in each frame: to draw its outline anew takes a millisecond.
  #sprite(text, strong, look) {
    const key = `${strong}${text}`;
    let sprite = this.sprites.get(key);
    if (sprite) return sprite;
    const font = `${strong ? "650 13.5px" : "400 12px"} system-ui, "Noto Sans", "Noto Sans Arabic", "Noto Sans CJK SC", sans-serif`;
    this.pen.font = font;
    const width = Math.ceil(this.pen.measureText(text).width) + 12;
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(width * this.ratio);
    canvas.height = Math.ceil(22 * this.ratio);
    const pen = canvas.getContext("2d");
    pen.scale(this.ratio, this.ratio);
    pen.font = font;
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = strong ? 4.5 : 3.5;
    pen.strokeStyle = look.halo;
    pen.fillStyle = look.ink;
    pen.strokeText(text, 6, 11);
    pen.fillText(text, 6, 11);
    sprite = { canvas, width, height: 22 };
    this.sprites.set(key, sprite);
    return sprite;
  }
  draw(view, look, names, { lasso, resting, aim }) {
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (this.ratio !== ratio || this.look !== look || this.sprites.size > 2000) this.sprites.clear();
    [this.ratio, this.look] = [ratio, look];
    const [width, height] = [Math.round(view.width * ratio), Math.round(view.height * ratio)];
    const pen = this.pen;
    if (this.canvas.width !== width || this.canvas.height !== height) { this.canvas.width = width; this.canvas.height = height; }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, view.width, view.height);
    const taken = [];
    const put = (text, mapX, mapY, strong) => {
      const [place, y] = view.toScreen(mapX, mapY);
      // That of a point out of sight is not drawn; near the edge a name is moved inwards.
      if (place < 0 || place > view.width || y < 0 || y > view.height) return false;
      const sprite = this.#sprite(text, strong, look);
      const half = sprite.width / 2;
      const x = Math.min(Math.max(place, half), view.width - half);
      const top = strong ? y - 11 : y - 22;
      if (top < 0) return false;
      const room = [x - half, top, x + half, top + 20];
      if (taken.some((t) => room[0] < t[2] && room[2] > t[0] && room[1] < t[3] && room[3] > t[1])) return false;
      taken.push(room);
      pen.drawImage(sprite.canvas, x - half, top, sprite.width, sprite.height);
      return true;
    };
    for (const cluster of names?.clusters ?? []) if (cluster.name) put(cluster.name, cluster.x, cluster.y, true);
    if (names && resting && view.scale >= LEAST_SCALE) {
      let named = 0;
      for (let n = 0; n < this.points.count && named < MOST_TAGS; n++)
        if (view.holds(this.points.x(n), this.points.y(n)) && put(names.tags[n], this.points.x(n), this.points.y(n), false)) named++;
    }
    if (aim) this.#cross(view, look);
    if (lasso) this.#outline(lasso, look);
  }
  // The middle, which the Enter key takes.
  #cross(view, look) {
    const [x, y] = [view.width / 2, view.height / 2];
    const pen = this.pen;
    pen.strokeStyle = look.signal;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(x, y, 12, 0, 2 * Math.PI);
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) { pen.moveTo(x + 8 * dx, y + 8 * dy); pen.lineTo(x + 16 * dx, y + 16 * dy); }
    pen.stroke();
  }
  #outline(lasso, look) {
    const pen = this.pen;
    pen.strokeStyle = look.signal;
    pen.lineWidth = 2;
    pen.beginPath();
    lasso.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.stroke();
  }
}
