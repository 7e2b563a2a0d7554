package dev.fovea.kernel.emitted;

import java.util.Arrays;

/// Writes x86-64 instructions; only those that the routines here use. Names, operand order (destination first) and
/// encodings are those of the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
///
/// ```
/// EVEX      62 | ~R ~X ~B ~R' 0 m m m | W ~v~v~v~v 1 p p | z L L b ~V' a a a | opcode | ModRM [SIB] [disp] [imm8]
/// register  R' R in ModRM.reg;  V' v v v v the second operand;  X B in ModRM.rm, or the parts of an address
/// m p       opcode map (1: 0F, 2: 0F38, 3: 0F3A) and implied prefix (1: 66, 2: F3)
/// L b z a   0: 128 bits, 1: 256, 2: 512;  broadcast of 4 bytes;  zeroing;  mask register
/// ```
///
/// A displacement of one byte counts in units of the memory operand's size.
final class Assembler {
    /// General registers by number.
    static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
    static final int R8 = 8, R9 = 9, R10 = 10, R11 = 11;

    private static final int NONE = -1;

    /// Vectors of 128, 256 and 512 bits.
    private static final int XMM = 0, YMM = 1, ZMM = 2;

    private byte[] code = new byte[1024];
    private int size;

    /// `base + scale · index + disp`; `bytes` at that place are broadcast if `one`.
    record Address(int base, int index, int scale, int disp, boolean one) {
        static Address at(int base, int disp) {
            return new Address(base, NONE, 1, disp, false);
        }

        /// Four bytes, repeated in every lane.
        static Address each(int base, int disp) {
            return new Address(base, NONE, 1, disp, true);
        }

        Address plus(int index, int scale) {
            return new Address(base, index, scale, disp, one);
        }
    }

    /// The instructions so far.
    byte[] code() {
        return Arrays.copyOf(code, size);
    }

    /// The place of the next instruction, a target of jumps.
    int here() {
        return size;
    }

    // ---- general registers, 64 bits

    void mov(int to, int from) {
        rex(1, from, NONE, to);
        bytes(0x89);
        registers(from, to);
    }

    void movConstant(int to, int value) {
        rex(1, 0, NONE, to);
        bytes(0xc7);
        registers(0, to);
        int32(value);
    }

    void lea(int to, Address from) {
        rex(1, to, from.index, from.base);
        bytes(0x8d);
        memory(to, from, 1);
    }

    void add(int to, int from) {
        rex(1, from, NONE, to);
        bytes(0x01);
        registers(from, to);
    }

    void add(int to, Address from) {
        rex(1, to, from.index, from.base);
        bytes(0x03);
        memory(to, from, 1);
    }

    void addConstant(int to, int value) {
        rex(1, 0, NONE, to);
        bytes(0x81);
        registers(0, to);
        int32(value);
    }

    /// Decrements, and jumps back to `target` unless that gave zero.
    void decrementAndLoop(int counter, int target) {
        rex(1, 0, NONE, counter);
        bytes(0xff);
        registers(1, counter);
        bytes(0x0f, 0x85);
        int32(target - (size + 4));
    }

    void push(int register) {
        rex(0, 0, NONE, register);
        bytes(0x50 | register & 7);
    }

    void pop(int register) {
        rex(0, 0, NONE, register);
        bytes(0x58 | register & 7);
    }

    /// Stores the lower 32 bits.
    void store32(Address to, int from) {
        rex(0, from, to.index, to.base);
        bytes(0x89);
        memory(from, to, 1);
    }

    void cpuid() {
        bytes(0x0f, 0xa2);
    }

    void xgetbv() {
        bytes(0x0f, 0x01, 0xd0);
    }

    void ret() {
        bytes(0xc3);
    }

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

    /// Rounds 16 floats to bf16, 256 bits.
    void vcvtneps2bf16(int to, int from) {
        evex(2, 2, 0, ZMM, 0x72, to, 0, from);
    }

    /// Widens 16 numbers of 16 bits.
    void vpmovzxwd(int to, int from) {
        evex(2, 1, 0, ZMM, 0x33, to, 0, from);
    }

    /// `to = to + Σ` of two products of bf16.
    void vdpbf16ps(int to, int a, Address b) {
        evex(2, 2, 0, ZMM, 0x52, to, a, b, 64);
    }

    void vmulps(int to, int a, int b) {
        evex(1, 0, 0, ZMM, 0x59, to, a, b);
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

    /// Stores each lane as a signed byte, saturated: 16 bytes.
    void vpmovsdb(Address to, int from) {
        evex(2, 2, 0, ZMM, 0x21, from, 0, to, 16);
    }

    // ---- one lane, or vectors of 128 or 256 bits

    void vmovups256(Address to, int from) {
        evex(1, 0, 0, YMM, 0x11, from, 0, to, 32);
    }

    void vmovups128(Address to, int from) {
        evex(1, 0, 0, XMM, 0x11, from, 0, to, 16);
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

    void vzeroupper() {
        bytes(0xc5, 0xf8, 0x77);
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
        int x = rm.index == NONE ? 0 : rm.index >> 3;
        evexPrefix(map, prefix, w, reg, second, x, rm.base >> 3);
        bytes(length << 5 | (rm.one ? 0x10 : 0) | not(second >> 4) << 3, opcode);
        memory(reg, rm, rm.one ? 4 : unit);
    }

    private void evexPrefix(int map, int prefix, int w, int reg, int second, int x, int b) {
        bytes(0x62);
        bytes(not(reg >> 3) << 7 | not(x) << 6 | not(b) << 5 | not(reg >> 4) << 4 | map);
        bytes(w << 7 | (~second & 15) << 3 | 4 | prefix);
    }

    private static int not(int bit) {
        return ~bit & 1;
    }

    private void rex(int w, int reg, int index, int rm) {
        int rex = w << 3 | (reg >> 3) << 2 | (index == NONE ? 0 : index >> 3) << 1 | rm >> 3;
        if (rex != 0) {
            bytes(0x40 | rex);
        }
    }

    private void registers(int reg, int rm) {
        bytes(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    private void memory(int reg, Address rm, int unit) {
        boolean sib = rm.index != NONE || (rm.base & 7) == RSP;
        boolean small = rm.disp % unit == 0 && rm.disp / unit == (byte) (rm.disp / unit);
        int mode = rm.disp == 0 && (rm.base & 7) != RBP ? 0 : small ? 1 : 2;
        bytes(mode << 6 | (reg & 7) << 3 | (sib ? 4 : rm.base & 7));
        if (sib) {
            int index = rm.index == NONE ? RSP : rm.index;
            bytes(Integer.numberOfTrailingZeros(rm.scale) << 6 | (index & 7) << 3 | rm.base & 7);
        }
        if (mode == 1) {
            bytes(rm.disp / unit);
        } else if (mode == 2) {
            int32(rm.disp);
        }
    }

    private void int32(int value) {
        bytes(value, value >> 8, value >> 16, value >> 24);
    }

    private void bytes(int... values) {
        if (size + values.length > code.length) {
            code = Arrays.copyOf(code, 2 * code.length);
        }
        for (int value : values) {
            code[size++] = (byte) value;
        }
    }
}
