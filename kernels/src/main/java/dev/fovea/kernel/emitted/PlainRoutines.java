package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.fovea.kernel.Format;
import dev.fovea.kernel.Interleaved;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The definition of every routine in plain Java, written to be read; the machine code gives the same bits.
final class PlainRoutines implements Routines {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public void quantise(Rows x, int rows, int spans, MemorySegment to, long stride) {
        for (int row = 0; row < rows; row++) {
            quantise(x.from(row).memory(), spans, to.asSlice((long) row * SPAN_BYTES), stride);
        }
    }

    private static void quantise(MemorySegment x, int spans, MemorySegment to, long stride) {
        for (int block = 0; block < spans * BLOCKS; block += SCALE_BLOCKS) {
            int largest = 0; // bits of a magnitude are ordered as magnitudes are, NaN above all
            for (int i = block * 32; i < (block + SCALE_BLOCKS) * 32; i++) {
                largest = Math.max(largest, x.get(INT, 4L * i) & 0x7fffffff);
            }
            float magnitude = Float.intBitsToFloat(largest);
            float d = magnitude < LEAST ? 0 : magnitude / 127;
            float inverse = magnitude < LEAST ? 0 : 127 / magnitude;
            for (int b = block; b < block + SCALE_BLOCKS; b++) {
                long at = b / BLOCKS * stride + b % BLOCKS * (long) BLOCK_BYTES;
                quantiseBlock(x, 32 * b, d, inverse, to, at);
            }
        }
    }

    private static void quantiseBlock(MemorySegment x, int from, float d, float inverse, MemorySegment to, long at) {
        int sum = 0;
        for (int i = 0; i < 32; i++) {
            double scaled = Math.rint(x.get(FLOAT, 4L * (from + i)) * inverse);
            int q = Math.abs(scaled) < 0x1p31 ? (int) scaled : Integer.MIN_VALUE; // as the instruction does
            sum += q;
            to.set(JAVA_BYTE, at + 8 + i, (byte) Math.clamp(q, -128, 127));
        }
        to.set(INT, at, -(sum << 7));
        to.set(FLOAT, at + 4, d);
    }

    @Override
    public void unpack(Format format, MemorySegment w, int spans, MemorySegment strip, int half) {
        for (int block = 0; block < spans * BLOCKS; block++) {
            long to = (long) block * STRIP_BLOCK_BYTES + 64L * half;
            for (int lane = 0; lane < 16; lane++) {
                strip.set(FLOAT, to + 4L * lane, scale(format, w, block, lane));
                for (int i = 0; i < 32; i++) {
                    int weight = weight(format, w, block, lane, i);
                    strip.set(JAVA_BYTE, to + 128 + i / 4 * 128L + 4L * lane + i % 4, (byte) (weight + 128));
                }
            }
        }
    }

    @Override
    public void oneRow(
            Format format, MemorySegment a, long stride, MemorySegment w, int spans, int groups, MemorySegment y) {
        long groupBytes = (long) spans * Interleaved.tileBytes(format);
        for (int out = 0; out < 16 * groups; out++) {
            MemorySegment group = w.asSlice(out / 16 * groupBytes, groupBytes);
            float sum = 0;
            float inner = 0;
            for (int block = 0; block < spans * BLOCKS; block++) {
                long at = block / BLOCKS * stride + block % BLOCKS * (long) BLOCK_BYTES;
                int products = 0;
                for (int i = 0; i < 32; i++) {
                    products += weight(format, group, block, out % 16, i) * a.get(JAVA_BYTE, at + 8 + i);
                }
                inner = add(inner, block, products, scale(format, group, block, out % 16));
                if ((block + 1) % SCALE_BLOCKS == 0) {
                    sum = Math.fma(inner, a.get(FLOAT, at + 4), sum);
                }
            }
            y.set(FLOAT, 4L * out, sum);
        }
    }

    @Override
    public void tiles(Strip strip, Rows a, int tiles, MemorySegment bias, Rows y) {
        for (int row = 0; row < tiles * TILE_ROWS; row++) {
            MemorySegment tile = a.from(row / TILE_ROWS).memory().asSlice((long) row % TILE_ROWS * SPAN_BYTES);
            for (int out = 0; out < TILE_OUTPUTS; out++) {
                long to = row * y.stride() + 4L * out;
                float sum = strip.first() ? 0 : y.memory().get(FLOAT, to);
                y.memory().set(FLOAT, to, product(strip, tile, out, sum) + bias.get(FLOAT, 4L * out));
            }
        }
    }

    /// Adds a row's product with the weights of one output.
    ///
    /// @param a the row's spans, `TILE_ROWS * SPAN_BYTES` apart
    private static float product(Strip strip, MemorySegment a, int out, float sum) {
        float inner = 0;
        for (int block = 0; block < strip.spans() * BLOCKS; block++) {
            long at = block / BLOCKS * (long) TILE_ROWS * SPAN_BYTES + block % BLOCKS * (long) BLOCK_BYTES;
            long from = (long) block * STRIP_BLOCK_BYTES + 4L * out;
            int products = a.get(INT, at);
            for (int i = 0; i < 32; i++) {
                int weight = strip.blocks().get(JAVA_BYTE, from + 128 + i / 4 * 128L + i % 4) & 0xff;
                products += weight * a.get(JAVA_BYTE, at + 8 + i);
            }
            inner = add(inner, block, products, strip.blocks().get(FLOAT, from));
            if ((block + 1) % SCALE_BLOCKS == 0) {
                sum = Math.fma(inner, a.get(FLOAT, at + 4), sum);
            }
        }
        return sum;
    }

    /// The sum over blocks of one activation scale, which begins anew with its first.
    private static float add(float inner, int block, int products, float scale) {
        return block % SCALE_BLOCKS == 0 ? products * scale : Math.fma((float) products, scale, inner);
    }

    private static float scale(Format format, MemorySegment group, int block, int lane) {
        long tile = (long) (block / BLOCKS) * Interleaved.tileBytes(format);
        return Float.float16ToFloat(group.get(SHORT, tile + 2L * (block % BLOCKS * 16 + lane)));
    }

    /// Weight `i` of a block, without its scale.
    private static int weight(Format format, MemorySegment group, int block, int lane, int i) {
        int blockBytes = (Interleaved.tileBytes(format) - 128) / BLOCKS;
        long at = (long) (block / BLOCKS) * Interleaved.tileBytes(format) + 128 + block % BLOCKS * (long) blockBytes;
        if (format == Format.Q8_0) {
            return (group.get(JAVA_BYTE, at + i / 4 * 64L + 4L * lane + i % 4) & 0xff) - 128;
        }
        int pair = group.get(JAVA_BYTE, at + i / 8 * 64L + 4L * lane + i % 4) & 0xff;
        return (pair >> i % 8 / 4 * 4 & 15) - 8;
    }
}
