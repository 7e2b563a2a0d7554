package dev.fovea.kernel.emitted.avx512;

import dev.fovea.kernel.emitted.Address;
import dev.fovea.kernel.emitted.GeneralAssembler;

/// Writes instructions of AVX-512.
///
/// ```
/// EVEX      62 | ~R ~X ~B ~R' 0 m m m | W ~v~v~v~v 1 p p | z L L b ~V' a a a | opcode | ModRM [SIB] [disp] [imm8]
/// register  R' R in ModRM.reg;  V' v v v v the second operand;  X B in ModRM.rm, or the parts of an address
/// m p       opcode map (1: 0F, 2: 0F38, 3: 0F3A) and implied prefix (1: 66, 2: F3)
/// L b z a   0: 128 bits, 1: 256, 2: 512;  broadcast of 4 bytes;  zeroing;  mask register
/// ```
///
/// A displacement of one byte counts in units of the memory operand's size.
public final class Assembler extends GeneralAssembler {
    /// Vectors of 128, 256 and 512 bits.
    private static final int XMM = 0, YMM = 1, ZMM = 2;

    // ---- vectors of 512 bits

    void vmovups(int to, Address from) {
        evex(1, 0, 0, ZMM, 0x10, to, 0, from, 64);
    }

    void vmovups(Address to, int from) {
        evex(1, 0, 0, ZMM, 0x11, from, 0, to, 64);
    }

    void vmovdqa32(int to, int from) {
        evex(1, 1, 0, ZMM, 0x6f, to, 0, from);
    }

    void vpbroadcastd(int to, Address from) {
        evex(2, 1, 0, ZMM, 0x58, to, 0, from, 4);
    }

    /// Of the lower 32 bits of a general register.
    void vpbroadcastd(int to, int general) {
        evex(2, 1, 0, ZMM, 0x7c, to, 0, general);
    }

    /// Of lane 0.
    void vbroadcastss(int to, int from) {
        evex(2, 1, 0, ZMM, 0x18, to, 0, from);
    }

    /// `to = to + Σ` of four products, `a` unsigned and `b` signed bytes.
    void vpdpbusd(int to, int a, Address b) {
        evex(2, 1, 0, ZMM, 0x50, to, a, b, 64);
    }

    void vpdpbusd(int to, int a, int b) {
        evex(2, 1, 0, ZMM, 0x50, to, a, b);
    }

    void vcvtdq2ps(int to, int from) {
        evex(1, 0, 0, ZMM, 0x5b, to, 0, from);
    }

    void vcvtps2dq(int to, int from) {
        evex(1, 1, 0, ZMM, 0x5b, to, 0, from);
    }

    void vcvtph2ps(int to, Address from) {
        evex(2, 1, 0, ZMM, 0x13, to, 0, from, 32);
    }

    /// Signed numbers of 32 bits to 16, saturated; within each 128 bits those of `a`, then those of `b`.
    void vpackssdw(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0x6b, to, a, b);
    }

    /// Likewise of 16 bits to 8.
    void vpacksswb(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0x63, to, a, b);
    }

    /// Lane `i` is that of `from` whose index is lane `i` of `order`.
    void vpermd(int to, int order, int from) {
        evex(2, 1, 0, ZMM, 0x36, to, order, from);
    }

    /// Widens 16 bytes without sign to 32 bits each.
    void vpmovzxbd(int to, Address from) {
        evex(2, 1, 0, ZMM, 0x31, to, 0, from, 16);
    }

    /// Rounds 16 floats to bf16, 256 bits.
    void vcvtneps2bf16(int to, int from) {
        evex(2, 2, 0, ZMM, 0x72, to, 0, from);
    }

    /// Rounds 32 floats to bf16: those of `b` in the lower half, those of `a` in the upper.
    void vcvtne2ps2bf16(int to, int a, int b) {
        evex(2, 3, 0, ZMM, 0x72, to, a, b);
    }

    /// Number `i` of 16 bits is that of `from` whose index is number `i` of `order`.
    void vpermw(int to, int order, int from) {
        evex(2, 1, 1, ZMM, 0x8d, to, order, from);
    }

    /// Widens 16 numbers of 16 bits.
    void vpmovzxwd(int to, int from) {
        evex(2, 1, 0, ZMM, 0x33, to, 0, from);
    }

    /// `to = to + Σ` of two products of bf16.
    void vdpbf16ps(int to, int a, Address b) {
        evex(2, 2, 0, ZMM, 0x52, to, a, b, 64);
    }

    void vdpbf16ps(int to, int a, int b) {
        evex(2, 2, 0, ZMM, 0x52, to, a, b);
    }

    void vmulps(int to, int a, Address b) {
        evex(1, 0, 0, ZMM, 0x59, to, a, b, 64);
    }

    void vmulps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x59, to, a, b);
    }

    void vsubps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x5c, to, a, b);
    }

    /// `b` where one of the two is not a number.
    void vmaxps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x5f, to, a, b);
    }

    void vmaxps(int to, int a, Address b) {
        evex(1, 0, 0, ZMM, 0x5f, to, a, b, 64);
    }

    /// What rounding to a whole number takes away; zero of infinity.
    ///
    /// @param rounding 0: to the nearest, 1: down, 2: up, 3: towards zero
    void vreduceps(int to, int from, int rounding) {
        evex(3, 1, 0, ZMM, 0x56, to, 0, from);
        bytes(rounding);
    }

    /// `to = a · 2^⌊b⌋`.
    void vscalefps(int to, int a, int b) {
        evex(2, 1, 0, ZMM, 0x2c, to, a, b);
    }

    void vaddps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x58, to, a, b);
    }

    void vaddps(int to, int a, Address b) {
        evex(1, 0, 0, ZMM, 0x58, to, a, b, 64);
    }

    /// `to = a · b + to`.
    void vfmadd231ps(int to, int a, int b) {
        evex(2, 1, 0, ZMM, 0xb8, to, a, b);
    }

    void vfmadd231ps(int to, int a, Address b) {
        evex(2, 1, 0, ZMM, 0xb8, to, a, b, 64);
    }

    /// `to = a · to + b`.
    void vfmadd213ps(int to, int a, int b) {
        evex(2, 1, 0, ZMM, 0xa8, to, a, b);
    }

    void vfmadd213ps(int to, int a, Address b) {
        evex(2, 1, 0, ZMM, 0xa8, to, a, b, 64);
    }

    void vpxord(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0xef, to, a, b);
    }

    void vpord(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0xeb, to, a, b);
    }

    void vpandd(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0xdb, to, a, b);
    }

    void vpandd(int to, int a, Address b) {
        evex(1, 1, 0, ZMM, 0xdb, to, a, b, 64);
    }

    void vpaddd(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0xfe, to, a, b);
    }

    void vpsubd(int to, int a, int b) {
        evex(1, 1, 0, ZMM, 0xfa, to, a, b);
    }

    void vpmaxud(int to, int a, int b) {
        evex(2, 1, 0, ZMM, 0x3f, to, a, b);
    }

    void vpsrld(int to, int from, int bits) {
        evex(1, 1, 0, ZMM, 0x72, 2, to, from);
        bytes(bits);
    }

    void vpslld(int to, int from, int bits) {
        evex(1, 1, 0, ZMM, 0x72, 6, to, from);
        bytes(bits);
    }

    void vpsrad(int to, int from, int bits) {
        evex(1, 1, 0, ZMM, 0x72, 4, to, from);
        bytes(bits);
    }

    /// Within each 128 bits.
    void vpshufd(int to, int from, int order) {
        evex(1, 1, 0, ZMM, 0x70, to, 0, from);
        bytes(order);
    }

    /// Within each 128 bits, as those below: `a0 b0 a1 b1`, of numbers of 32 bits.
    void vunpcklps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x14, to, a, b);
    }

    /// `a2 b2 a3 b3`.
    void vunpckhps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x15, to, a, b);
    }

    /// `a0 b0`, of numbers of 64 bits.
    void vunpcklpd(int to, int a, int b) {
        evex(1, 1, 1, ZMM, 0x14, to, a, b);
    }

    /// `a1 b1`.
    void vunpckhpd(int to, int a, int b) {
        evex(1, 1, 1, ZMM, 0x15, to, a, b);
    }

    /// Of 128 bits at a time.
    void vshufi32x4(int to, int a, int b, int order) {
        evex(3, 1, 0, ZMM, 0x43, to, a, b);
        bytes(order);
    }

    // ---- one lane, or vectors of 128 or 256 bits

    void vmovups256(Address to, int from) {
        evex(1, 0, 0, YMM, 0x11, from, 0, to, 32);
    }

    void vmovups128(Address to, int from) {
        evex(1, 0, 0, XMM, 0x11, from, 0, to, 16);
    }

    /// Stores the upper 256 bits.
    void vextracti64x4(Address to, int from) {
        evex(3, 1, 1, ZMM, 0x3b, from, 0, to, 32);
        bytes(1);
    }

    /// Stores lanes 0 and 1.
    void vmovlps(Address to, int from) {
        evex(1, 0, 0, XMM, 0x13, from, 0, to, 8);
    }

    /// Stores lanes 2 and 3.
    void vmovhps(Address to, int from) {
        evex(1, 0, 0, XMM, 0x17, from, 0, to, 8);
    }

    void vmovss(Address to, int from) {
        evex(1, 2, 0, XMM, 0x11, from, 0, to, 4);
    }

    /// Lanes of `to` outside of `mask` become zero.
    void vdivpsMasked(int to, int a, int b, int mask) {
        evex(1, 0, 0, XMM, 0x5e, to, a, b, mask);
    }

    /// A mask of the lanes for which `predicate` holds.
    void vcmpps(int mask, int a, int b, int predicate) {
        evex(1, 0, 0, XMM, 0xc2, mask, a, b);
        bytes(predicate);
    }

    // ---- encoding

    private void evex(int map, int prefix, int w, int length, int opcode, int reg, int second, int rm) {
        evex(map, prefix, w, length, opcode, reg, second, rm, 0);
    }

    private void evex(int map, int prefix, int w, int length, int opcode, int reg, int second, int rm, int mask) {
        evexPrefix(map, prefix, w, reg, second, rm >> 4 & 1, rm >> 3 & 1);
        bytes((mask == 0 ? 0 : 0x80) | length << 5 | not(second >> 4) << 3 | mask, opcode);
        registers(reg, rm);
    }

    private void evex(int map, int prefix, int w, int length, int opcode, int reg, int second, Address rm, int unit) {
        int x = rm.index() == Address.NONE ? 0 : rm.index() >> 3;
        evexPrefix(map, prefix, w, reg, second, x, rm.base() >> 3);
        bytes(length << 5 | (rm.one() ? 0x10 : 0) | not(second >> 4) << 3, opcode);
        memory(reg, rm, rm.one() ? 4 : unit);
    }

    private void evexPrefix(int map, int prefix, int w, int reg, int second, int x, int b) {
        bytes(0x62);
        bytes(not(reg >> 3) << 7 | not(x) << 6 | not(b) << 5 | not(reg >> 4) << 4 | map);
        bytes(w << 7 | (~second & 15) << 3 | 4 | prefix);
    }

    private static int not(int bit) {
        return ~bit & 1;
    }
}
