//! Draws egui's triangles without a GPU, so that pictures are the same on every machine.

use std::collections::HashMap;

use egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, ColorImage, Context, FullOutput, Pos2, Rect, TextureId, TexturesDelta, pos2};
use image::{Rgba, RgbaImage};

/// A renderer for `HarnessBuilder::renderer`.
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, ColorImage>,
}

impl egui_kittest::TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, deltas) in delta.set.drain() {
            for delta in deltas {
                let ImageData::Color(patch) = &delta.image;
                match (delta.pos, self.textures.get_mut(&id)) {
                    (Some([left, top]), Some(texture)) => {
                        for y in 0..patch.size[1] {
                            for x in 0..patch.size[0] {
                                texture[(left + x, top + y)] = patch[(x, y)];
                            }
                        }
                    }
                    _ => {
                        self.textures.insert(id, ColorImage::clone(patch));
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let size = ctx.content_rect().size() * output.pixels_per_point;
        let mut picture = RgbaImage::from_pixel(size.x.round() as u32, size.y.round() as u32, Rgba([0, 0, 0, 255]));
        for ClippedPrimitive { clip_rect, primitive } in ctx.tessellate(output.shapes.clone(), output.pixels_per_point) {
            let Primitive::Mesh(mesh) = primitive else { return Err("paint callbacks are not drawn".to_owned()) };
            let texture = self.textures.get(&mesh.texture_id).ok_or("a texture is missing")?;
            draw(&mut picture, texture, &mesh, scaled(clip_rect, output.pixels_per_point), output.pixels_per_point);
        }
        Ok(picture)
    }
}

fn scaled(rect: Rect, scale: f32) -> Rect {
    Rect::from_min_max((rect.min.to_vec2() * scale).to_pos2(), (rect.max.to_vec2() * scale).to_pos2())
}

fn draw(picture: &mut RgbaImage, texture: &ColorImage, mesh: &Mesh, clip: Rect, scale: f32) {
    for corners in mesh.indices.chunks_exact(3) {
        let [a, b, c] = [corners[0], corners[1], corners[2]].map(|index| {
            let vertex = mesh.vertices[index as usize];
            Vertex { pos: (vertex.pos.to_vec2() * scale).to_pos2(), ..vertex }
        });
        triangle(picture, texture, [a, b, c], clip);
    }
}

/// Twice the area of a triangle; its sign tells which way round it goes.
fn area(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// Fills the pixels whose middle is inside; of two triangles that share an edge one gets the pixels on it.
fn triangle(picture: &mut RgbaImage, texture: &ColorImage, [a, mut b, mut c]: [Vertex; 3], clip: Rect) {
    if area(a.pos, b.pos, c.pos) < 0.0 {
        std::mem::swap(&mut b, &mut c);
    }
    let whole = area(a.pos, b.pos, c.pos);
    if whole <= 0.0 {
        return;
    }
    let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
    let limit = pos2(picture.width() as f32, picture.height() as f32);
    let rows = bounds.top().max(0.0).round() as u32..bounds.bottom().min(limit.y).round().max(0.0) as u32;
    let flat = [b, c].iter().all(|corner| corner.color == a.color && corner.uv == a.uv);
    let edges = [(b.pos, c.pos), (c.pos, a.pos), (a.pos, b.pos)];
    let belongs = edges.map(|(from, to)| to.y < from.y || (to.y == from.y && to.x > from.x));
    for y in rows {
        // Only the part of the row between the edges.
        let middle = y as f32 + 0.5;
        let crossings = edges.iter().filter(|(from, to)| (from.y - middle) * (to.y - middle) <= 0.0 && from.y != to.y);
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for (from, to) in crossings {
            let x = from.x + (to.x - from.x) * (middle - from.y) / (to.y - from.y);
            (left, right) = (left.min(x), right.max(x));
        }
        let left = (left - 1.0).max(bounds.left()).max(0.0).round() as u32;
        let right = (right + 1.0).min(bounds.right()).min(limit.x).round().max(0.0) as u32;
        for x in left..right {
            let at = pos2(x as f32 + 0.5, middle);
            let parts = edges.map(|(from, to)| area(from, to, at));
            if !parts.iter().zip(belongs).all(|(&part, belongs)| part > 0.0 || (part == 0.0 && belongs)) {
                continue;
            }
            let mix = |value: fn(&Vertex) -> f32| {
                (parts[0] * value(&a) + parts[1] * value(&b) + parts[2] * value(&c)) / whole
            };
            let color = if flat {
                let texel = sample(texture, a.uv);
                std::array::from_fn(|channel| f32::from(a.color[channel]) * texel[channel])
            } else {
                let texel = sample(texture, pos2(mix(|v| v.uv.x), mix(|v| v.uv.y)));
                let color = [mix(|v| v.color[0].into()), mix(|v| v.color[1].into()), mix(|v| v.color[2].into()), mix(|v| v.color[3].into())];
                std::array::from_fn(|channel| color[channel] * texel[channel])
            };
            blend(picture.get_pixel_mut(x, y), color);
        }
    }
}

/// The texture's colour, premultiplied and from 0 to 1, between its four nearest texels.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let [width, height] = texture.size;
    let (x, y) = (uv.x * width as f32 - 0.5, uv.y * height as f32 - 0.5);
    let texel = |x: f32, y: f32| {
        let at = |value: f32, size: usize| (value.max(0.0) as usize).min(size - 1);
        texture[(at(x, width), at(y, height))].to_array().map(|channel| f32::from(channel) / 255.0)
    };
    let (left, top) = (x.floor(), y.floor());
    let (dx, dy) = (x - left, y - top);
    let corners = [texel(left, top), texel(left + 1.0, top), texel(left, top + 1.0), texel(left + 1.0, top + 1.0)];
    let shares = [(1.0 - dx) * (1.0 - dy), dx * (1.0 - dy), (1.0 - dx) * dy, dx * dy];
    std::array::from_fn(|channel| corners.iter().zip(shares).map(|(corner, share)| corner[channel] * share).sum())
}

/// Lays a premultiplied colour over a pixel, in gamma space as egui's other renderers do.
fn blend(pixel: &mut Rgba<u8>, color: [f32; 4]) {
    let keep = 1.0 - color[3] / 255.0;
    for channel in 0..3 {
        let mixed = color[channel] + f32::from(pixel[channel]) * keep;
        pixel[channel] = mixed.round().clamp(0.0, 255.0) as u8;
    }
}
