//! The mask over what clients send.

/// Puts a mask on, or takes it off: it is the same operation.
pub(super) fn apply(data: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_mask_of_the_standard(mut data: Vec<u8>, key: [u8; 4]) {
            let expected: Vec<u8> = data.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
            apply(&mut data, key);
            prop_assert_eq!(data, expected);
        }
    }
}
