//! JSON as an outline: a node for each value, found without decoding or changing anything, so that numbers, escapes and
//! the order of members are seen as they came. What was cut off is an outline as far as it goes.

use std::ops::Range;

/// Levels that can be folded. What lies deeper is one text.
const MAX_DEPTH: usize = 64;

/// The values of a JSON text.
#[derive(Debug, PartialEq)]
pub(super) struct Outline {
    /// In the order of the text; a value comes before those within it.
    pub nodes: Vec<Node>,
}

/// A value.
#[derive(Debug, PartialEq)]
pub(super) struct Node {
    pub depth: usize,
    pub name: Name,
    pub value: Value,
    /// The first node after it and all within it.
    pub after: usize,
}

/// What a value is called by the one around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Name {
    /// The whole text.
    Root,
    /// A member of an object: where its key is, with quotes.
    Key(Range<usize>),
    /// An item of an array.
    Index(usize),
}

/// A value, or where it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// An object with so many members.
    Object(usize),
    /// An array with so many items.
    Array(usize),
    /// Anything else.
    Scalar(Range<usize>),
}

impl Value {
    /// Whether there are values within it.
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Object(1..) | Self::Array(1..))
    }
}

impl Outline {
    /// The outline of `text`, which must be an object or an array, whole or cut off somewhere; `None` for any other.
    pub fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (mut nodes, mut open, mut key, mut at) = (Vec::<Node>::new(), Vec::<usize>::new(), None, 0);
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at += 1;
            let value = match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => continue,
                b'}' | b']' => {
                    let closed = open.pop()?;
                    nodes[closed].after = nodes.len();
                    continue;
                }
                b'{' | b'[' if open.len() == MAX_DEPTH => {
                    at = end_of_container(bytes, start);
                    Value::Scalar(start..at)
                }
                b'{' => Value::Object(0),
                b'[' => Value::Array(0),
                _ if open.is_empty() => return None,
                b'"' => {
                    at = end_of_string(bytes, start);
                    let is_in_object = open.last().is_some_and(|last| matches!(nodes[*last].value, Value::Object(_)));
                    if is_in_object && key.is_none() {
                        key = Some(start..at);
                        continue;
                    }
                    Value::Scalar(start..at)
                }
                _ => {
                    at = bytes[start..]
                        .iter()
                        .position(|b| b",]} \t\r\n".contains(b))
                        .map_or(bytes.len(), |n| start + n);
                    Value::Scalar(start..at)
                }
            };
            let (depth, this) = (open.len(), nodes.len());
            let name = match (open.last().map(|last| &mut nodes[*last].value), key.take()) {
                (Some(Value::Object(members)), Some(key)) => {
                    *members += 1;
                    Name::Key(key)
                }
                (Some(Value::Array(items)), None) => {
                    *items += 1;
                    Name::Index(*items - 1)
                }
                (None, None) if this == 0 => Name::Root,
                _ => return None,
            };
            if !matches!(value, Value::Scalar(_)) {
                open.push(this);
            }
            nodes.push(Node { depth, name, value, after: this + 1 });
        }
        for cut in open {
            nodes[cut].after = nodes.len();
        }
        (!nodes.is_empty()).then_some(Self { nodes })
    }

    /// Which nodes are unfolded at first: the whole text, and level by level as much as fits into `rows`.
    pub fn unfolded(&self, rows: usize) -> Vec<bool> {
        let mut on_level = [0_usize; MAX_DEPTH + 2];
        self.nodes.iter().for_each(|node| on_level[node.depth] += 1);
        let mut sum = 0;
        let fits = |count: &&usize| {
            sum += **count;
            sum <= rows
        };
        let levels = on_level.iter().take_while(fits).count();
        self.nodes.iter().map(|node| node.depth == 0 || node.depth + 1 < levels).collect()
    }

    /// The node that contains `node`.
    pub fn parent(&self, node: usize) -> Option<usize> {
        let depth = self.nodes.get(node)?.depth.checked_sub(1)?;
        self.nodes[..node].iter().rposition(|before| before.depth == depth)
    }
}

/// Where the string ends that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Where the object or array ends that begins at `start`.
fn end_of_container(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line for each node: its depth, name and value.
    fn drawn(text: &str) -> Vec<String> {
        let outline = Outline::of(text).unwrap();
        let line = |node: &Node| {
            let name = match &node.name {
                Name::Root => String::new(),
                Name::Key(key) => format!("{}: ", &text[key.clone()]),
                Name::Index(index) => format!("{index}: "),
            };
            let value = match &node.value {
                Value::Object(count) => format!("{{{count}}}"),
                Value::Array(count) => format!("[{count}]"),
                Value::Scalar(place) => text[place.clone()].to_owned(),
            };
            " ".repeat(node.depth) + &name + &value
        };
        outline.nodes.iter().map(line).collect()
    }

    #[test]
    fn every_value_is_a_node_and_looks_as_it_came() {
        let text = r#" {"v":1, "a":[],"s":"x, \"{[\\" ,
            "n":{"big":12345678901234567890,"u":"\u0041", "e":1E+2, "t":true}, "v":null,"":[[{}],"é"]} "#;
        let expected = [
            "{6}",
            r#" "v": 1"#,
            r#" "a": [0]"#,
            r#" "s": "x, \"{[\\""#,
            r#" "n": {4}"#,
            r#"  "big": 12345678901234567890"#,
            r#"  "u": "\u0041""#,
            r#"  "e": 1E+2"#,
            r#"  "t": true"#,
            r#" "v": null"#,
            r#" "": [2]"#,
            "  0: [1]",
            "   0: {0}",
            r#"  1: "é""#,
        ];
        assert_eq!(drawn(text), expected);
        let outline = Outline::of(text).unwrap();
        assert_eq!((outline.nodes[0].after, outline.nodes[4].after, outline.nodes[2].after), (14, 9, 3));
        assert_eq!((outline.parent(7), outline.parent(13), outline.parent(0)), (Some(4), Some(10), None));
    }

    #[test]
    fn what_was_cut_off_anywhere_is_an_outline_as_far_as_it_goes() {
        let text = r#"{"a":[1,{"b":"c\"é"}],"d":"e"}"#;
        for end in (1..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let nodes = Outline::of(&text[..end]).unwrap_or_else(|| panic!("{}", &text[..end])).nodes;
            assert!(nodes.iter().all(|node| node.after <= nodes.len()));
        }
        assert_eq!(drawn(r#"[{"a":"cut he"#), ["[1]", " 0: {1}", r#"  "a": "cut he"#]);
    }

    #[test]
    fn what_is_no_object_or_array_has_no_outline_and_what_is_deep_is_bounded() {
        for text in ["", "  ", "hello", "1", "\"a\"", "}", "[1]]", "{1:2}", "{} {}", "[\"a\":1}"] {
            let outline = Outline::of(text);
            assert!(outline.is_none() || text.starts_with("[\"a\""), "{text}: {outline:?}");
        }
        let deep = "[".repeat(8_000) + &"]".repeat(8_000);
        let outline = Outline::of(&deep).unwrap();
        assert_eq!(outline.nodes.len(), MAX_DEPTH + 1);
        assert_eq!(outline.nodes[MAX_DEPTH].value, Value::Scalar(64..15_936));
        assert_eq!(Outline::of(&"[".repeat(9_000)).unwrap().nodes.len(), MAX_DEPTH + 1);
    }

    #[test]
    fn as_many_levels_are_unfolded_at_first_as_fit() {
        let outline = Outline::of(r#"{"a":{"b":[1,2,3],"c":4},"d":{}}"#).unwrap();
        let open = |rows| outline.unfolded(rows).iter().filter(|open| **open).count();
        assert_eq!(outline.unfolded(1)[..2], [true, false]);
        assert_eq!((outline.unfolded(5)[1], outline.unfolded(5)[2]), (true, false));
        assert_eq!(open(100), 8);
    }
}
