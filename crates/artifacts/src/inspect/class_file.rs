//! Whether a Java class can be started: reads just enough of a class file to find `public static void main(String[])`.

/// A reader of big-endian numbers that never goes past the end.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// Places in the constant pool of the two texts that are looked for.
#[derive(Default)]
struct Texts {
    name: Vec<u16>,
    signature: Vec<u16>,
}

/// Whether the class has a `main`; no for what is no class file.
pub fn has_main(class: &[u8]) -> bool {
    find_main(&mut Bytes(class)).unwrap_or(false)
}

fn find_main(bytes: &mut Bytes<'_>) -> Option<bool> {
    if bytes.u32()? != 0xcafe_babe {
        return None;
    }
    bytes.take(4)?;
    let texts = texts(bytes)?;
    bytes.take(6)?;
    let interfaces = bytes.u16()?;
    bytes.take(usize::from(interfaces) * 2)?;
    members(bytes, |_, _, _| false)?;
    // Public and static.
    members(bytes, |access, name, signature| {
        access & 0x0009 == 0x0009 && texts.name.contains(&name) && texts.signature.contains(&signature)
    })
}

/// JVM specification, table 4.4-A.
fn texts(bytes: &mut Bytes<'_>) -> Option<Texts> {
    let (mut texts, count) = (Texts::default(), bytes.u16()?);
    let mut place = 1;
    while place < count {
        match bytes.u8()? {
            1 => {
                let length = bytes.u16()?;
                match bytes.take(usize::from(length))? {
                    b"main" => texts.name.push(place),
                    b"([Ljava/lang/String;)V" => texts.signature.push(place),
                    _ => {}
                }
            }
            3 | 4 | 9..=12 | 17 | 18 => drop(bytes.take(4)?),
            // Long and double take two places.
            5 | 6 => {
                bytes.take(8)?;
                place += 1;
            }
            7 | 8 | 16 | 19 | 20 => drop(bytes.take(2)?),
            15 => drop(bytes.take(3)?),
            _ => return None,
        }
        place = place.checked_add(1)?;
    }
    Some(texts)
}

/// Goes through fields or methods; whether one of them is wanted.
fn members(bytes: &mut Bytes<'_>, wanted: impl Fn(u16, u16, u16) -> bool) -> Option<bool> {
    let mut found = false;
    for _ in 0..bytes.u16()? {
        found |= wanted(bytes.u16()?, bytes.u16()?, bytes.u16()?);
        for _ in 0..bytes.u16()? {
            bytes.u16()?;
            let length = usize::try_from(bytes.u32()?).ok()?;
            bytes.take(length)?;
        }
    }
    Some(found)
}
