//! How Go prints a list: `["a" "b"]` (`%q`), `[a b]` (`%v`) and `map[80/tcp:{}]`.

/// The strings of a Go `%q` list, `["gunicorn" "app:app"]`, and what follows the list. `None` when it is none.
pub(crate) fn quoted_list(text: &str) -> Option<(Vec<String>, &str)> {
    let mut rest = text.strip_prefix('[')?;
    let mut words = Vec::new();
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(after) = rest.strip_prefix(']') {
            return Some((words, after));
        }
        let (word, after) = quoted(rest)?;
        words.push(word);
        rest = after;
    }
}

/// A Go string literal in double quotes at the start of `text`, and what follows it (Go specification, "String
/// literals": the escapes of `strconv.Quote`).
pub(crate) fn quoted(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut bytes = Vec::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let word = String::from_utf8(bytes).ok()?;
                return Some((word, body.get(at + 1..)?));
            }
            '\\' => escape(&mut chars, &mut bytes)?,
            other => bytes.extend(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    None
}

fn escape(chars: &mut std::str::CharIndices<'_>, bytes: &mut Vec<u8>) -> Option<()> {
    let (_, c) = chars.next()?;
    let plain = match c {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' | '"' => c as u8,
        'x' => u8::try_from(hex(chars, 2)?).ok()?,
        'u' | 'U' => {
            let digits = if c == 'u' { 4 } else { 8 };
            let c = char::from_u32(hex(chars, digits)?)?;
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(());
        }
        _ => return None,
    };
    bytes.push(plain);
    Some(())
}

/// The first character of a Go character literal, without its quotes, as a number; and what follows it.
pub(crate) fn quoted_rune(text: &str) -> Option<(u32, &str)> {
    let mut chars = text.char_indices();
    let (_, first) = chars.next()?;
    if first != '\\' {
        return Some((first.into(), chars.as_str()));
    }
    let mut bytes = Vec::new();
    escape(&mut chars, &mut bytes)?;
    let value = match bytes[..] {
        [byte] => byte.into(),
        _ => std::str::from_utf8(&bytes).ok()?.chars().next()?.into(),
    };
    Some((value, chars.as_str()))
}

fn hex(chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<u32> {
    let mut value = 0;
    for _ in 0..digits {
        value = value * 16 + chars.next()?.1.to_digit(16)?;
    }
    Some(value)
}

/// The words of `[a b]` or the keys of `map[a:{} b:{}]`. Words are taken apart at blanks, which is all that `%v`
/// leaves to go by.
pub(crate) fn plain_list(text: &str) -> Option<Vec<&str>> {
    if let Some(map) = text.strip_prefix("map[").and_then(|t| t.strip_suffix(']')) {
        return Some(map.split(' ').filter(|w| !w.is_empty()).map(|w| w.trim_end_matches(":{}")).collect());
    }
    let list = text.strip_prefix('[')?.strip_suffix(']')?;
    Some(list.split(' ').filter(|w| !w.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_quotes_are_taken_off() {
        let (words, rest) = quoted_list(r#"["a b" "q\"\\" "\u00e9\x00\n"] tail"#).unwrap();
        assert_eq!(words, ["a b", "q\"\\", "é\0\n"]);
        assert_eq!(rest, " tail");
        assert_eq!(quoted_list("[]").unwrap().0, Vec::<String>::new());
    }

    #[test]
    fn what_go_would_not_print_is_no_list() {
        for text in
            ["[", "[a]", r#"["a"#, r#"["\q"]"#, r#"["\xzz"]"#, r#"["\x"#, r#"["\udfff"]"#, r#"["\xff"]"#]
        {
            assert_eq!(quoted_list(text), None, "{text}");
        }
    }

    #[test]
    fn plain_lists() {
        assert_eq!(plain_list("[80/tcp 443/tcp]").unwrap(), ["80/tcp", "443/tcp"]);
        assert_eq!(plain_list("map[80/tcp:{} 53/udp:{}]").unwrap(), ["80/tcp", "53/udp"]);
        assert_eq!(plain_list("80"), None);
    }
}
