package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Address.NONE;

import dev.fovea.kernel.emitted.avx2.VexAssembler;
import dev.fovea.kernel.emitted.avx512.Assembler;
import java.util.Arrays;

/// Writes x86-64 instructions on general registers, and what vector instructions share; only those that the routines
/// here use. Names, operand order (destination first) and encodings are those of the Intel 64 and IA-32 Architectures
/// Software Developer's Manual, volume 2.
public abstract sealed class GeneralAssembler permits Assembler, VexAssembler {
    /// General registers by number.
    public static final int RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
    public static final int R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15;

    private byte[] code = new byte[1024];
    private int size;

    /// The instructions so far.
    public final byte[] code() {
        return Arrays.copyOf(code, size);
    }

    /// The place of the next instruction, a target of jumps.
    public final int here() {
        return size;
    }

    // ---- general registers, 64 bits

    public final void mov(int to, int from) {
        rex(1, from, NONE, to);
        bytes(0x89);
        registers(from, to);
    }

    public final void load(int to, Address from) {
        rex(1, to, from.index(), from.base());
        bytes(0x8b);
        memory(to, from, 1);
    }

    public final void movConstant(int to, int value) {
        rex(1, 0, NONE, to);
        bytes(0xc7);
        registers(0, to);
        int32(value);
    }

    public final void lea(int to, Address from) {
        rex(1, to, from.index(), from.base());
        bytes(0x8d);
        memory(to, from, 1);
    }

    public final void add(int to, int from) {
        rex(1, from, NONE, to);
        bytes(0x01);
        registers(from, to);
    }

    public final void add(int to, Address from) {
        rex(1, to, from.index(), from.base());
        bytes(0x03);
        memory(to, from, 1);
    }

    public final void addConstant(int to, int value) {
        rex(1, 0, NONE, to);
        bytes(0x81);
        registers(0, to);
        int32(value);
    }

    /// With the sign of `value` extended.
    public final void andConstant(int to, int value) {
        rex(1, 0, NONE, to);
        bytes(0x81);
        registers(4, to);
        int32(value);
    }

    /// Decrements, and jumps back to `target` unless that gave zero.
    public final void decrementAndLoop(int counter, int target) {
        rex(1, 0, NONE, counter);
        bytes(0xff);
        registers(1, counter);
        bytes(0x0f, 0x85);
        int32(target - (size + 4));
    }

    /// As the other, of a counter of 64 bits in memory.
    public final void decrementAndLoop(Address counter, int target) {
        rex(1, 0, counter.index(), counter.base());
        bytes(0xff);
        memory(1, counter, 1);
        bytes(0x0f, 0x85);
        int32(target - (size + 4));
    }

    public final void push(int register) {
        rex(0, 0, NONE, register);
        bytes(0x50 | register & 7);
    }

    public final void pop(int register) {
        rex(0, 0, NONE, register);
        bytes(0x58 | register & 7);
    }

    public final void pushAll(int... registers) {
        for (int register : registers) {
            push(register);
        }
    }

    /// The reverse of [#pushAll] of the same registers.
    public final void popAll(int... registers) {
        for (int i = registers.length - 1; i >= 0; i--) {
            pop(registers[i]);
        }
    }

    /// Makes room from `rsp` on, aligned to a cache line, with the old stack pointer above. Overwrites `rax`.
    ///
    /// @param bytes a multiple of 64
    public final void pushFrame(int bytes) {
        mov(RAX, RSP);
        andConstant(RSP, -64);
        push(RAX);
        addConstant(RSP, -(bytes + 56));
    }

    /// The reverse of [#pushFrame] of as many bytes.
    public final void popFrame(int bytes) {
        addConstant(RSP, bytes + 56);
        pop(RAX);
        mov(RSP, RAX);
    }

    public final void store(Address to, int from) {
        rex(1, from, to.index(), to.base());
        bytes(0x89);
        memory(from, to, 1);
    }

    /// Stores the lower 32 bits.
    public final void store32(Address to, int from) {
        rex(0, from, to.index(), to.base());
        bytes(0x89);
        memory(from, to, 1);
    }

    /// Brings a cache line into the second level; does nothing where there is no memory. (`prefetcht1`)
    public final void prefetch(Address line) {
        rex(0, 2, line.index(), line.base());
        bytes(0x0f, 0x18);
        memory(2, line, 1);
    }

    /// Brings a cache line closer that is to be written.
    public final void prefetchw(Address line) {
        rex(0, 1, line.index(), line.base());
        bytes(0x0f, 0x0d);
        memory(1, line, 1);
    }

    public final void cpuid() {
        bytes(0x0f, 0xa2);
    }

    public final void xgetbv() {
        bytes(0x0f, 0x01, 0xd0);
    }

    public final void ret() {
        bytes(0xc3);
    }

    public final void vzeroupper() {
        bytes(0xc5, 0xf8, 0x77);
    }

    // ---- encoding

    private void rex(int w, int reg, int index, int rm) {
        int rex = w << 3 | (reg >> 3) << 2 | (index == NONE ? 0 : index >> 3) << 1 | rm >> 3;
        if (rex != 0) {
            bytes(0x40 | rex);
        }
    }

    /// ModRM of two registers.
    protected final void registers(int reg, int rm) {
        bytes(0xc0 | (reg & 7) << 3 | rm & 7);
    }

    /// ModRM, SIB and displacement of an address; a displacement of one byte counts in units of `unit` bytes.
    protected final void memory(int reg, Address rm, int unit) {
        boolean sib = rm.index() != NONE || (rm.base() & 7) == RSP;
        boolean small = rm.disp() % unit == 0 && rm.disp() / unit == (byte) (rm.disp() / unit);
        int mode = rm.disp() == 0 && (rm.base() & 7) != RBP ? 0 : small ? 1 : 2;
        bytes(mode << 6 | (reg & 7) << 3 | (sib ? 4 : rm.base() & 7));
        if (sib) {
            int index = rm.index() == NONE ? RSP : rm.index();
            bytes(Integer.numberOfTrailingZeros(rm.scale()) << 6 | (index & 7) << 3 | rm.base() & 7);
        }
        if (mode == 1) {
            bytes(rm.disp() / unit);
        } else if (mode == 2) {
            int32(rm.disp());
        }
    }

    private void int32(int value) {
        bytes(value, value >> 8, value >> 16, value >> 24);
    }

    protected final void bytes(int... values) {
        if (size + values.length > code.length) {
            code = Arrays.copyOf(code, 2 * code.length);
        }
        for (int value : values) {
            code[size++] = (byte) value;
        }
    }
}
