//! The extent of a Lua block (`content_by_lua_block { … }`).
//!
//! The Lua module reads such a block with a lexer of its own (lua-nginx-module 0.10,
//! `ngx_http_lua_conf_lua_block_parse`): braces count except in short strings, long brackets and comments; `#` is
//! Lua's length operator and no comment.

/// Whether a directive's block holds Lua.
pub fn is_lua_block(directive: &str) -> bool {
    directive.ends_with("_by_lua_block")
}

/// What stops a Lua block from being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LuaError {
    /// The source ends before the closing brace.
    Unclosed,
    /// A string, a long bracket or a comment has no end.
    Unfinished,
}

/// The byte of the `}` that closes the block whose inside starts at byte `start`.
///
/// # Errors
///
/// Where the block has no end.
pub fn block_end(source: &str, start: usize) -> Result<usize, LuaError> {
    let bytes = source.as_bytes();
    let mut at = start;
    let mut depth = 1_usize;
    while let Some(&ch) = bytes.get(at) {
        at = match ch {
            b'{' => {
                depth += 1;
                at + 1
            }
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(at);
                }
                at + 1
            }
            b'"' | b'\'' => short_string(bytes, at)?,
            b'-' if bytes.get(at + 1) == Some(&b'-') => comment(bytes, at + 2)?,
            b'[' => match long_bracket(bytes, at) {
                Some(level) => long_end(bytes, at + level + 2, level)?,
                None => at + 1,
            },
            _ => at + 1,
        };
    }
    Err(LuaError::Unclosed)
}

/// The byte after a short string that opens at `at`.
fn short_string(bytes: &[u8], at: usize) -> Result<usize, LuaError> {
    let quote = bytes.get(at).copied();
    let mut i = at + 1;
    while let Some(&ch) = bytes.get(i) {
        if ch == b'\\' {
            i += 2;
            continue;
        }
        i += 1;
        if Some(ch) == quote {
            return Ok(i);
        }
    }
    Err(LuaError::Unfinished)
}

/// The byte after the comment whose `--` ends at `at`.
fn comment(bytes: &[u8], at: usize) -> Result<usize, LuaError> {
    if let Some(level) = long_bracket(bytes, at) {
        return long_end(bytes, at + level + 2, level);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|b| *b == b'\n').map(|i| at + i + 1).ok_or(LuaError::Unclosed)
}

/// The level of the long bracket that opens at `at` (`[[` is 0, `[=[` is 1), if one does.
fn long_bracket(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?.strip_prefix(b"[")?;
    let level = rest.iter().take_while(|b| **b == b'=').count();
    (rest.get(level) == Some(&b'[')).then_some(level)
}

/// The byte after the long bracket of this level that closes at or after `at`.
fn long_end(bytes: &[u8], at: usize, level: usize) -> Result<usize, LuaError> {
    let mut i = at;
    while let Some(&ch) = bytes.get(i) {
        i += 1;
        if ch != b']' {
            continue;
        }
        let signs = bytes.get(i..).unwrap_or_default().iter().take_while(|b| **b == b'=').count();
        if signs == level && bytes.get(i + level) == Some(&b']') {
            return Ok(i + level + 1);
        }
        i += signs;
    }
    Err(LuaError::Unfinished)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(source: &str) -> Result<&str, LuaError> {
        block_end(source, 0).map(|end| &source[..end])
    }

    #[test]
    fn braces_in_strings_comments_and_long_brackets_do_not_count() {
        for body in [
            " local t = {a = {}} ",
            " x = '}' y = \"\\\"}\" ",
            " -- }\n ",
            " --[[ }\n } ]] ",
            " --[==[ } ]] } ]==] ",
            " s = [==[ } ]=] ]==] ",
            " n = #t[1] ",
        ] {
            assert_eq!(inside(&format!("{body}}} rest")), Ok(body));
        }
    }

    #[test]
    fn a_block_without_an_end_is_said() {
        assert_eq!(inside(" a = {} "), Err(LuaError::Unclosed));
        assert_eq!(inside(" a = '} "), Err(LuaError::Unfinished));
        assert_eq!(inside(" [[ } "), Err(LuaError::Unfinished));
    }
}
