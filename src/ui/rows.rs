//! A virtual list of equal rows: only those in view are drawn, exact at any number of rows.
//!
//! `egui::ScrollArea` keeps its offset in points as `f32`, which cannot tell one row from the next beyond a few
//! hundred thousand. Here the position is counted in rows, as `f64`.

use egui::{EventFilter, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use super::tokens::Tokens;

const BAR: f32 = 10.0;
/// How far the ring of the focus is from the rows.
const RING: f32 = 4.0;
/// The shortest handle that a pointer can grab.
const HANDLE: f32 = 28.0;

/// Where a list is scrolled to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    /// The number of rows above the view; its fraction is the part of the topmost row that is out of view.
    position: f64,
    /// Where in the handle the pointer holds it.
    grip: Option<f32>,
    /// The row that is to be seen.
    wanted: Option<ScrollTarget>,
}

#[derive(Clone, Copy, Debug)]
enum ScrollTarget {
    InTheMiddle(usize),
    Somewhere(usize),
}

impl Rows {
    /// The topmost row in view.
    pub fn top(&self) -> usize {
        self.position as usize
    }

    /// Makes `row` the topmost one, as far as there are enough rows below.
    pub fn go_to(&mut self, row: usize) {
        self.position = row as f64;
    }

    /// The first `rows` are gone: those in view stay where they are.
    pub fn lost(&mut self, rows: u64) {
        self.position = (self.position - rows as f64).max(0.0);
    }

    /// Brings `row` into the middle of the view at the next frame.
    pub fn center_on(&mut self, row: usize) {
        self.wanted = Some(ScrollTarget::InTheMiddle(row));
    }

    /// Scrolls no further than it takes to have all of `row` in view at the next frame.
    pub fn keep_in_view(&mut self, row: usize) {
        self.wanted = Some(ScrollTarget::Somewhere(row));
    }

    /// Draws those of `count` rows that fit into what is left of `ui`. `follow` keeps the last one in view and
    /// ends when somebody scrolls away from it.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        height: f32,
        count: usize,
        follow: &mut bool,
        mut draw: impl FnMut(&mut Ui, usize, Rect, Response),
    ) {
        let all = ui.available_rect_before_wrap();
        ui.advance_cursor_after_rect(all);
        let view = Rect::from_min_max(all.min, pos2(all.right() - BAR, all.bottom()));
        let fitting = f64::from(view.height() / height);
        let end = (count as f64 - fitting).max(0.0);
        if *follow {
            self.position = end;
        }
        match self.wanted.take() {
            Some(ScrollTarget::InTheMiddle(row)) => self.position = row as f64 - fitting / 2.0 + 0.5,
            Some(ScrollTarget::Somewhere(row)) => {
                self.position = self.position.min(row as f64).max(row as f64 + 1.0 - fitting);
            }
            None => {}
        }
        self.position = self.position.clamp(0.0, end);
        let list = ui.interact(all, ui.scope_id().with("list"), Sense::focusable_noninteractive());
        list.widget_info(|| WidgetInfo::labeled(Role::ScrollView, true, "Lines"));
        self.take_keys_and_wheel(ui, all, height, fitting, count, &list);
        self.bar(ui, Rect::from_min_max(pos2(view.right(), all.top()), all.max), fitting, count, end);
        self.position = self.position.clamp(0.0, end);
        *follow &= self.position >= end;

        let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(view));
        inside.shrink_clip_rect(view);
        let first = self.position.floor();
        let above = ((self.position - first) as f32 * height).round();
        let last = count.min((self.position + fitting).ceil() as usize);
        for (place, index) in (first as usize..last).enumerate() {
            let top = view.top() - above + place as f32 * height;
            let row = Rect::from_min_size(pos2(view.left(), top), vec2(view.width(), height));
            let response = inside.interact(
                row.intersect(view),
                inside.scope_id().with(("row", index)),
                Sense::CLICK | Sense::DRAG,
            );
            draw(&mut inside, index, row, response);
        }
        // Beside the rows, not over their first letters; after them, so that a chosen one does not hide it.
        paint::focus(ui, all.expand(RING).intersect(ui.clip_rect()), &list);
    }

    fn take_keys_and_wheel(&mut self, ui: &Ui, all: Rect, height: f32, fitting: f64, count: usize, list: &Response) {
        let is_under_pointer = ui.rect_contains_pointer(all);
        if is_under_pointer {
            let wheel = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            self.position -= f64::from(wheel / height);
            if ui.input(|input| input.pointer.primary_pressed()) {
                list.request_focus();
            }
        }
        // Keys go to what has the focus; to what is under the pointer only while nothing has it.
        let nothing_has_focus = ui.memory(|memory| memory.focused().is_none());
        if !(list.has_focus() || nothing_has_focus && is_under_pointer) {
            return;
        }
        if list.has_focus() {
            let arrows = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, arrows));
        }
        let page = (fitting.floor() - 1.0).max(1.0);
        let steps = [
            (Key::ArrowDown, 1.0),
            (Key::ArrowUp, -1.0),
            (Key::PageDown, page),
            (Key::PageUp, -page),
            (Key::Home, -(count as f64)),
        ];
        for (key, step) in steps {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                self.position += step;
            }
        }
    }

    fn bar(&mut self, ui: &mut Ui, bar: Rect, fitting: f64, count: usize, end: f64) {
        if end <= 0.0 {
            return;
        }
        let length = (bar.height() * (fitting / count as f64) as f32).clamp(HANDLE.min(bar.height()), bar.height());
        let travel = (bar.height() - length).max(1.0);
        let response = ui.interact(bar, ui.scope_id().with("bar"), Sense::DRAG);
        let handle_top = |position: f64| bar.top() + travel * (position / end) as f32;
        match response.interact_pointer_pos() {
            Some(pointer) => {
                let top = handle_top(self.position.clamp(0.0, end));
                let is_on_handle = (top..top + length).contains(&pointer.y);
                let grip = *self.grip.get_or_insert(if is_on_handle { pointer.y - top } else { length / 2.0 });
                let share = ((pointer.y - grip - bar.top()) / travel).clamp(0.0, 1.0);
                if response.drag_delta().y != 0.0 || !is_on_handle {
                    self.position = f64::from(share) * end;
                }
            }
            None => self.grip = None,
        }
        let color = &Tokens::at(ui).color;
        let top = handle_top(self.position.clamp(0.0, end));
        let handle = Rect::from_min_size(pos2(bar.left() + 1.0, top), vec2(BAR - 2.0, length));
        let is_held = response.hovered() || self.grip.is_some();
        ui.painter().rect_filled(handle, 4, if is_held { *color.muted } else { *color.border_strong });
    }
}

#[cfg(test)]
mod tests {
    use egui::{Event, PointerButton, RawInput};

    use super::*;

    const COUNT: usize = 10_000_000;
    const HEIGHT: f32 = 19.0;

    struct List {
        ctx: egui::Context,
        rows: Rows,
        follow: bool,
    }

    impl List {
        fn new(follow: bool) -> Self {
            Self { ctx: egui::Context::default(), rows: Rows::default(), follow }
        }

        /// The rows that are wholly in view, after `events`.
        fn frame(&mut self, events: Vec<Event>) -> Vec<usize> {
            let screen = Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 10.5 * HEIGHT));
            let input = RawInput { screen_rect: Some(screen), events, ..RawInput::default() };
            let mut whole = Vec::new();
            let mut output = self.ctx.run_ui(input, |ui| {
                let all = ui.available_rect_before_wrap();
                self.rows.show(ui, HEIGHT, COUNT, &mut self.follow, |_, index, rect, _| {
                    if rect.top() >= all.top() - 0.6 && rect.bottom() <= all.bottom() + 0.6 {
                        whole.push(index);
                    }
                });
            });
            output.textures_delta.clear();
            whole
        }
    }

    fn key(key: Key) -> Vec<Event> {
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        vec![event(true), event(false)]
    }

    #[test]
    fn the_last_of_ten_million_rows_is_shown_whole_and_every_row_can_be_reached() {
        let mut list = List::new(true);
        list.frame(Vec::new());
        let shown = list.frame(vec![Event::PointerMoved(pos2(100.0, 50.0))]);
        assert_eq!(shown.last(), Some(&(COUNT - 1)));
        // Row by row from there.
        for step in 1..2_000 {
            let shown = list.frame(key(Key::ArrowUp));
            assert_eq!(shown.last(), Some(&(COUNT - 1 - step)));
        }
        assert!(!list.follow);
        for row in [0, 1, 4_999_999, 8_388_609, 9_999_980] {
            list.rows.go_to(row);
            assert_eq!(list.frame(Vec::new())[0], row);
            list.rows.center_on(row);
            assert!(list.frame(Vec::new()).contains(&row));
        }
        assert_eq!(list.frame(key(Key::Home))[0], 0);
    }

    #[test]
    fn the_handle_reaches_both_ends_and_does_not_jump_when_it_is_taken() {
        let mut list = List::new(false);
        list.frame(Vec::new());
        let screen = 10.5 * HEIGHT;
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        let at = |y| pos2(395.0, y);
        list.frame(vec![Event::PointerMoved(at(12.0))]);
        assert_eq!(list.frame(vec![button(at(12.0), true)])[0], 0);
        let shown = list.frame(vec![Event::PointerMoved(at(screen + 50.0))]);
        assert_eq!(shown.last(), Some(&(COUNT - 1)));
        let shown = list.frame(vec![Event::PointerMoved(at(-50.0))]);
        assert_eq!(shown[0], 0);
        list.frame(vec![button(at(-50.0), false)]);
        list.frame(Vec::new());
        assert_eq!(list.rows.grip, None);
    }
}
