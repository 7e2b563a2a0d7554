package dev.fovea.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// How the numbers of a [Matrix] or of [KeyValues] are stored. All formats are little-endian.
///
/// Some store each number by itself; those of a *block* format share scales and come only in whole blocks, which
/// never cross a row. Block layouts and values are those of ggml, by whose names they are called. In the pictures `d`
/// and `dmin` are IEEE binary16 scales and a number over a field is the byte it begins at.
public enum Format {
    /// IEEE binary32.
    F32(1, 4),
    /// IEEE binary16.
    F16(1, 2),
    /// The upper half of an IEEE binary32.
    BF16(1, 2),

    /// ```
    /// 0    2                                34
    /// │ d  │ q0 q1 … q31, signed bytes       │        x[i] = d · q[i]
    /// ```
    Q8_0(32, 34),

    /// ```
    /// 0    2                                18
    /// │ d  │ q0 … q15                        │        x[i]      = d · (low half of q[i] − 8)
    ///                                                x[i + 16] = d · (high half of q[i] − 8)
    /// ```
    Q4_0(32, 18),

    /// Eight groups of 32 numbers, each with a 6-bit scale `s` and minimum `m`.
    ///
    /// ```
    /// 0    2      4                 16                               144
    /// │ d  │ dmin │ s and m, 8 × 2  │ q0 … q127                       │
    ///                                 32 bytes hold two groups: low halves the even, high halves the odd one
    ///
    /// bytes of s and m, bit 7 left     k = 0 … 3      h: upper two bits, l: lower four
    ///   k:     h(s[k+4])  s[k]                        x = (d · s) · q − (dmin · m)
    ///   k + 4: h(m[k+4])  m[k]
    ///   k + 8: l(m[k+4])  l(s[k+4])
    /// ```
    Q4_K(256, 144),

    /// As [#Q4_K] with a fifth bit: bit `g` of `h[i]` is number `i` of group `g`'s.
    ///
    /// ```
    /// 0    2      4                 16               48                               176
    /// │ d  │ dmin │ s and m, 8 × 2  │ h0 … h31       │ q0 … q127                       │
    /// ```
    Q5_K(256, 176),

    /// Two halves of 128 numbers, each in four quarters of 32; 16 numbers share a signed scale `s`.
    ///
    /// ```
    /// 0                     128                  192               208  210
    /// │ l0 … l127           │ h0 … h63           │ s0 … s15        │ d  │
    ///   64 for each half      32 for each half     8 for each half
    ///
    /// number i of quarter k     lower four bits: byte (k odd ? 32 : 0) + i of l, its high half if k ≥ 2
    ///                           upper two bits: bits 2k and 2k + 1 of h[i]
    ///                           x = (d · s[2k + i / 16]) · (q − 32)
    /// ```
    Q6_K(256, 210);

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int block;
    private final int blockBytes;

    Format(int block, int blockBytes) {
        this.block = block;
        this.blockBytes = blockBytes;
    }

    /// Numbers in a block; 1 where each number is stored by itself.
    public int block() {
        return block;
    }

    /// Bytes of a block.
    public int blockBytes() {
        return blockBytes;
    }

    /// Bytes that `elements` consecutive numbers of a row occupy, a multiple of [#block].
    public long bytes(long elements) {
        if (elements % block != 0) {
            throw new IllegalArgumentException(
                    this + ": expected a multiple of " + block + " numbers, found " + elements);
        }
        return Math.multiplyExact(elements / block, blockBytes);
    }

    /// Number `index` of `bytes`, exactly.
    public float read(MemorySegment bytes, long index) {
        long at = index / block * blockBytes;
        int i = (int) (index % block);
        return switch (this) {
            case F32 -> bytes.get(FLOAT, at);
            case F16 -> Float.float16ToFloat(bytes.get(SHORT, at));
            case BF16 -> Float.intBitsToFloat(bytes.get(SHORT, at) << 16);
            case Q8_0 -> Blocks.q8(bytes, at, i);
            case Q4_0 -> Blocks.q4(bytes, at, i);
            case Q4_K -> Blocks.q4k(bytes, at, i);
            case Q5_K -> Blocks.q5k(bytes, at, i);
            case Q6_K -> Blocks.q6k(bytes, at, i);
        };
    }

    /// Numbers `index … index + count - 1` of `bytes`, exactly, to `to` from `at` on.
    public void unpack(MemorySegment bytes, long index, int count, float[] to, int at) {
        for (int i = 0; i < count; i++) {
            to[at + i] = read(bytes, index + i);
        }
    }
}
