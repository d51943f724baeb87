//! Draws egui's triangles without a GPU, so that pictures are the same on every machine.

use std::collections::HashMap;

use egui::epaint::{ImageData, Mesh, Primitive, Vertex};
use egui::{ClippedPrimitive, ColorImage, Context, FullOutput, Pos2, Rangef, Rect, TextureId, TexturesDelta, pos2};
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
        // What eframe clears the window with.
        let ground = Rgba(ctx.global_style().visuals.panel_fill.to_array());
        let mut picture = RgbaImage::from_pixel(size.x.round() as u32, size.y.round() as u32, ground);
        for ClippedPrimitive { clip_rect, primitive } in ctx.tessellate(output.shapes.clone(), output.pixels_per_point)
        {
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
fn triangle(picture: &mut RgbaImage, texture: &ColorImage, [a, b, c]: [Vertex; 3], clip: Rect) {
    let whole = area(a.pos, b.pos, c.pos);
    if whole == 0.0 {
        return;
    }
    let bounds = Rect::from_points(&[a.pos, b.pos, c.pos]).intersect(clip);
    let is_flat = [b, c].iter().all(|corner| corner.color == a.color && corner.uv == a.uv);
    let flat = shade(texture, a.uv, a.color.to_array().map(f32::from));
    // From the upper end, so that both triangles of an edge cross it at the same place.
    let downward = |from: Pos2, to: Pos2| if from.y <= to.y { (from, to) } else { (to, from) };
    let edges = [downward(b.pos, c.pos), downward(c.pos, a.pos), downward(a.pos, b.pos)];
    for y in pixels(bounds.y_range(), picture.height()) {
        let middle = y as f32 + 0.5;
        let mut span = Rangef::NOTHING;
        for (from, to) in edges.iter().filter(|(from, to)| from.y <= middle && middle < to.y) {
            let x = from.x + (to.x - from.x) * ((middle - from.y) / (to.y - from.y));
            span = Rangef::new(span.min.min(x), span.max.max(x));
        }
        let columns = pixels(span.intersection(bounds.x_range()), picture.width());
        if is_flat {
            let row = (y * picture.width()) as usize;
            let bytes = (row + columns.start as usize) * 4..(row + columns.end as usize) * 4;
            let Some(row) = picture.as_mut().get_mut(bytes) else { continue };
            if flat[3] >= 255.0 {
                row.copy_from_slice(&flat.map(|channel| channel.round() as u8).repeat(row.len() / 4));
            } else {
                row.chunks_exact_mut(4).for_each(|pixel| blend(pixel, flat));
            }
            continue;
        }
        for x in columns {
            let at = pos2(x as f32 + 0.5, middle);
            let parts =
                [area(b.pos, c.pos, at), area(c.pos, a.pos, at), area(a.pos, b.pos, at)].map(|part| part / whole);
            let mix = |values: [f32; 3]| parts[0] * values[0] + parts[1] * values[1] + parts[2] * values[2];
            let uv = pos2(mix([a.uv.x, b.uv.x, c.uv.x]), mix([a.uv.y, b.uv.y, c.uv.y]));
            let color = std::array::from_fn(|i| mix([a.color[i].into(), b.color[i].into(), c.color[i].into()]));
            blend(&mut picture.get_pixel_mut(x, y).0, shade(texture, uv, color));
        }
    }
}

/// The pixels whose middle is in `range`.
fn pixels(range: Rangef, limit: u32) -> std::ops::Range<u32> {
    let pixel = |edge: f32| (edge - 0.5).ceil().clamp(0.0, limit as f32) as u32;
    pixel(range.min)..pixel(range.max)
}

/// A premultiplied colour, times the texture at `uv`.
fn shade(texture: &ColorImage, uv: Pos2, color: [f32; 4]) -> [f32; 4] {
    let texel = sample(texture, uv);
    std::array::from_fn(|channel| color[channel] * texel[channel])
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
fn blend(pixel: &mut [u8], color: [f32; 4]) {
    let keep = 1.0 - color[3] / 255.0;
    for (channel, new) in pixel.iter_mut().zip(color).take(3) {
        *channel = (new + f32::from(*channel) * keep).round().clamp(0.0, 255.0) as u8;
    }
}
