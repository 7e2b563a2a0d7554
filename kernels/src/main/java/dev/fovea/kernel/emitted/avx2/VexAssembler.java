package dev.fovea.kernel.emitted.avx2;

import dev.fovea.kernel.emitted.Address;
import dev.fovea.kernel.emitted.GeneralAssembler;

/// Writes instructions of AVX2, FMA, F16C and AVX-VNNI; vectors are of 256 bits unless the name says otherwise.
///
/// ```
/// VEX       C4 | ~R ~X ~B m m m m m | W ~v~v~v~v L p p | opcode | ModRM [SIB] [disp] [imm8]
///           C5 | ~R ~v~v~v~v L p p  | opcode | …        where X, B and W are 0 and m is 1
/// register  R in ModRM.reg;  v v v v the second operand;  B in ModRM.rm, X B in the parts of an address
/// m p       opcode map (1: 0F, 2: 0F38, 3: 0F3A) and implied prefix (1: 66, 2: F3)
/// L         0: 128 bits, 1: 256
/// ```
public final class VexAssembler extends GeneralAssembler {
    private static final int XMM = 0, YMM = 1;

    // ---- moves

    void vmovups(int to, Address from) {
        vex(1, 0, YMM, 0x10, to, 0, from);
    }

    void vmovups(Address to, int from) {
        vex(1, 0, YMM, 0x11, from, 0, to);
    }

    void vmovups128(Address to, int from) {
        vex(1, 0, XMM, 0x11, from, 0, to);
    }

    void vmovss(Address to, int from) {
        vex(1, 2, XMM, 0x11, from, 0, to);
    }

    void vmovdqa(int to, int from) {
        vex(1, 1, 0, YMM, 0x6f, to, 0, from);
    }

    /// From a general register to lane 0.
    void vmovd(int to, int general) {
        vex(1, 1, 0, XMM, 0x6e, to, 0, general);
    }

    void vpbroadcastd(int to, Address from) {
        vex(2, 1, YMM, 0x58, to, 0, from);
    }

    /// Of lane 0.
    void vpbroadcastd(int to, int from) {
        vex(2, 1, 0, YMM, 0x58, to, 0, from);
    }

    /// Lanes 4 … 7 to lanes 0 … 3.
    void vextracti128(int to, int from) {
        vex(3, 1, 0, YMM, 0x39, from, 0, to);
        bytes(1);
    }

    /// Lanes of 64 bits.
    void vpermq(int to, int from, int order) {
        vex(3, 1, 1, YMM, 0x00, to, 0, from);
        bytes(order);
    }

    /// Halves of 128 bits.
    void vperm2i128(int to, int a, int b, int order) {
        vex(3, 1, 0, YMM, 0x46, to, a, b);
        bytes(order);
    }

    /// Within each 128 bits, as those below.
    void vpshufd(int to, int from, int order) {
        vex(1, 1, 0, YMM, 0x70, to, 0, from);
        bytes(order);
    }

    /// `a0 b0 a1 b1`, of numbers of 32 bits.
    void vunpcklps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x14, to, a, b);
    }

    /// `a2 b2 a3 b3`.
    void vunpckhps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x15, to, a, b);
    }

    /// `a0 b0`, of numbers of 64 bits.
    void vunpcklpd(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0x14, to, a, b);
    }

    /// `a1 b1`.
    void vunpckhpd(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0x15, to, a, b);
    }

    /// To 16 bits, saturated: `a0 … a3 b0 … b3`.
    void vpackssdw(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0x6b, to, a, b);
    }

    /// From 16 bits to 8, saturated: `a0 … a7 b0 … b7`.
    void vpacksswb(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0x63, to, a, b);
    }

    // ---- integers

    void vpxor(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xef, to, a, b);
    }

    void vpand(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xdb, to, a, b);
    }

    void vpand(int to, int a, Address b) {
        vex(1, 1, YMM, 0xdb, to, a, b);
    }

    void vpsubb(int to, int a, Address b) {
        vex(1, 1, YMM, 0xf8, to, a, b);
    }

    void vpaddw(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xfd, to, a, b);
    }

    void vpaddd(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xfe, to, a, b);
    }

    void vpsubd(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xfa, to, a, b);
    }

    void vpmaxud(int to, int a, int b) {
        vex(2, 1, 0, YMM, 0x3f, to, a, b);
    }

    void vpsrlw(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x71, 2, to, from);
        bytes(bits);
    }

    void vpsraw(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x71, 4, to, from);
        bytes(bits);
    }

    void vpsllw(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x71, 6, to, from);
        bytes(bits);
    }

    void vpsrld(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x72, 2, to, from);
        bytes(bits);
    }

    void vpsrad(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x72, 4, to, from);
        bytes(bits);
    }

    void vpslld(int to, int from, int bits) {
        vex(1, 1, 0, YMM, 0x72, 6, to, from);
        bytes(bits);
    }

    /// Sums of two products of signed numbers of 16 bits, in 32.
    void vpmaddwd(int to, int a, int b) {
        vex(1, 1, 0, YMM, 0xf5, to, a, b);
    }

    /// Sums of two products, `a` unsigned and `b` signed bytes, in 16 bits, saturated.
    void vpmaddubsw(int to, int a, int b) {
        vex(2, 1, 0, YMM, 0x04, to, a, b);
    }

    /// `to = to + Σ` of four products, `a` unsigned and `b` signed bytes. Of AVX-VNNI.
    void vpdpbusd(int to, int a, int b) {
        vex(2, 1, 0, YMM, 0x50, to, a, b);
    }

    /// The same instruction as AVX-512 VNNI and VL spell it, in the first 16 registers.
    void vpdpbusdEvex(int to, int a, int b) {
        requireBits(to | a | b);
        bytes(0x62, (~to >> 3 & 1) << 7 | 0x50 | (~b >> 3 & 1) << 5 | 2, (~a & 15) << 3 | 5, 0x28, 0x50);
        registers(to, b);
    }

    // ---- floats

    void vcvtdq2ps(int to, int from) {
        vex(1, 0, 0, YMM, 0x5b, to, 0, from);
    }

    void vcvtps2dq(int to, int from) {
        vex(1, 1, 0, YMM, 0x5b, to, 0, from);
    }

    /// Of 128 bits.
    void vcvtph2ps(int to, Address from) {
        vex(2, 1, YMM, 0x13, to, 0, from);
    }

    void vandps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x54, to, a, b);
    }

    void vmulps(int to, int a, Address b) {
        vex(1, 0, YMM, 0x59, to, a, b);
    }

    void vmulps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x59, to, a, b);
    }

    void vaddps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x58, to, a, b);
    }

    void vaddps(int to, int a, Address b) {
        vex(1, 0, YMM, 0x58, to, a, b);
    }

    void vdivps(int to, int a, int b) {
        vex(1, 0, 0, YMM, 0x5e, to, a, b);
    }

    /// All bits of the lanes for which `predicate` holds.
    void vcmpps(int to, int a, int b, int predicate) {
        vex(1, 0, 0, YMM, 0xc2, to, a, b);
        bytes(predicate);
    }

    /// `to = a · b + to`.
    void vfmadd231ps(int to, int a, int b) {
        vex(2, 1, 0, YMM, 0xb8, to, a, b);
    }

    void vfmadd231ps(int to, int a, Address b) {
        vex(2, 1, YMM, 0xb8, to, a, b);
    }

    /// `to = a · to + b`.
    void vfmadd213ps(int to, int a, Address b) {
        vex(2, 1, YMM, 0xa8, to, a, b);
    }

    // ---- encoding

    private void vex(int map, int prefix, int w, int length, int opcode, int reg, int second, int rm) {
        requireBits(reg | second | rm);
        vexPrefix(map, w, reg, 0, rm >> 3, (~second & 15) << 3 | length << 2 | prefix);
        bytes(opcode);
        registers(reg, rm);
    }

    private void vex(int map, int prefix, int length, int opcode, int reg, int second, Address rm) {
        if (rm.one()) {
            throw new IllegalArgumentException("AVX2 broadcasts by an instruction of its own: " + rm);
        }
        requireBits(reg | second);
        int x = rm.index() == Address.NONE ? 0 : rm.index() >> 3;
        vexPrefix(map, 0, reg, x, rm.base() >> 3, (~second & 15) << 3 | length << 2 | prefix);
        bytes(opcode);
        memory(reg, rm, 1);
    }

    private static void requireBits(int registers) {
        if (registers >> 4 != 0) {
            throw new IllegalArgumentException("registers: expected 0 … 15, which VEX has bits for");
        }
    }

    /// @param rest second operand, length and implied prefix
    private void vexPrefix(int map, int w, int reg, int x, int b, int rest) {
        int r = ~reg >> 3 & 1;
        if (map == 1 && w == 0 && x == 0 && b == 0) {
            bytes(0xc5, r << 7 | rest);
        } else {
            bytes(0xc4, r << 7 | (~x & 1) << 6 | (~b & 1) << 5 | map, w << 7 | rest);
        }
    }
}
