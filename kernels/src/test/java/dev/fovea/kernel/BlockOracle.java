package dev.fovea.kernel;

/// The numbers of one block of a block format, once more and in the order in which ggml's definition walks through the
/// bytes. Every step rounds to float.
final class BlockOracle {
    private final byte[] bytes;
    private final double[] values;

    private BlockOracle(byte[] bytes, int count) {
        this.bytes = bytes;
        this.values = new double[count];
    }

    static double[] values(Format format, byte[] bytes) {
        BlockOracle block = new BlockOracle(bytes, format.block());
        switch (format) {
            case Q8_0 -> block.bytesTimesScale();
            case Q4_0 -> block.halvesTimesScale();
            case Q4_K -> block.groups(16, -1);
            case Q5_K -> block.groups(48, 16);
            case Q6_K -> block.sixBits();
            default -> throw new IllegalArgumentException("no block format: " + format);
        }
        return block.values;
    }

    private void bytesTimesScale() {
        for (int i = 0; i < 32; i++) {
            values[i] = (float) (half(0) * bytes[2 + i]);
        }
    }

    private void halvesTimesScale() {
        for (int i = 0; i < 16; i++) {
            values[i] = (float) (half(0) * (u8(2 + i) % 16 - 8));
            values[16 + i] = (float) (half(0) * (u8(2 + i) / 16 - 8));
        }
    }

    /// @param fifths where the fifth bits lie, or -1
    private void groups(int quants, int fifths) {
        for (int pair = 0; pair < 4; pair++) {
            float[] low = scaleAndMin(2 * pair);
            float[] high = scaleAndMin(2 * pair + 1);
            for (int i = 0; i < 32; i++) {
                int q = u8(quants + 32 * pair + i);
                int lowBit = fifths >= 0 && (u8(fifths + i) & 1 << 2 * pair) != 0 ? 16 : 0;
                int highBit = fifths >= 0 && (u8(fifths + i) & 2 << 2 * pair) != 0 ? 16 : 0;
                values[64 * pair + i] = low[0] * (q % 16 + lowBit) - low[1];
                values[64 * pair + 32 + i] = high[0] * (q / 16 + highBit) - high[1];
            }
        }
    }

    private float[] scaleAndMin(int group) {
        int scale;
        int min;
        if (group < 4) {
            scale = u8(4 + group) % 64;
            min = u8(8 + group) % 64;
        } else {
            scale = u8(8 + group) % 16 + u8(group) / 64 * 16;
            min = u8(8 + group) / 16 + u8(4 + group) / 64 * 16;
        }
        return new float[] {(float) (half(0) * scale), (float) (half(2) * min)};
    }

    private void sixBits() {
        for (int i = 0; i < 256; i++) {
            int half = i / 128;
            int within = i % 128;
            int low = u8(64 * half + within % 64);
            int four = within < 64 ? low % 16 : low / 16;
            int two = (u8(128 + 32 * half + within % 32) >> within / 32 * 2) % 4;
            float scale = (float) (half(208) * bytes[192 + 8 * half + within / 16]);
            values[i] = scale * (four + 16 * two - 32);
        }
    }

    private double half(int at) {
        return Oracle.half(u8(at) | u8(at + 1) << 8);
    }

    private int u8(int at) {
        return bytes[at] & 0xff;
    }
}
