//! Where a JSON object ends, found while it is still coming in.

/// Counts brackets outside of strings. Says nothing about what stands between them.
#[derive(Default)]
pub(super) struct ObjectEnd {
    seen: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    end: Option<usize>,
}

impl ObjectEnd {
    /// Looks at what is new in `bytes`, which grow from call to call: the length of the object, once it is whole.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for byte in bytes.iter().skip(self.seen) {
            if self.end.is_some() {
                break;
            }
            self.seen += 1;
            self.look(*byte);
        }
        self.end
    }

    fn look(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end = Some(self.seen);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_ends_where_its_last_bracket_is_in_whatever_chunks() {
        for (text, end) in [
            (r#"{"a":"}\"]","b":[{}]}{}"#, Some(21)),
            (r#"{}"#, Some(2)),
            (r#"{"a":"}"#, None),
            (r#"{"a":"\\"} "#, Some(10)),
            ("", None),
        ] {
            assert_eq!(ObjectEnd::default().find(text.as_bytes()), end, "{text}");
            let mut slow = ObjectEnd::default();
            let found = (1..=text.len()).filter_map(|to| slow.find(&text.as_bytes()[..to])).last();
            assert_eq!(found, end, "{text}");
        }
    }
}
