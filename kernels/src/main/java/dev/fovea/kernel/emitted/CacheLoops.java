package dev.fovea.kernel.emitted;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R11;
import static dev.fovea.kernel.emitted.GeneralAssembler.R12;
import static dev.fovea.kernel.emitted.GeneralAssembler.R13;
import static dev.fovea.kernel.emitted.GeneralAssembler.R14;
import static dev.fovea.kernel.emitted.GeneralAssembler.R15;
import static dev.fovea.kernel.emitted.GeneralAssembler.R8;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBP;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;

import dev.fovea.kernel.Format;

/// Writes the loops of the machine code of [CacheRoutines], around what is done with one vector of each row, for the
/// calling convention of System V. Counts are at least 1.
///
/// Both routines take `(rdi one, rsi cache, rdx stride, rcx other, r8 heads, r9 vectors, [rsp+8] one's step,
/// [rsp+16] other's step, [rsp+24] passes, [rsp+32] groups, [rsp+40] lines, [rsp+48] ahead)`: `one` is read, `other`
/// written. A group is so many rows of the cache as are taken together. Each pass over a head serves some heads of the
/// query, which so share what is read and widened of the cache.
///
/// ```
/// for each group         fetch `lines` cache lines, `ahead` bytes from each row
///   for each head
///     for each pass      rdi and rcx move on, by what is written between
///       for each vector  r12 counts the bytes since the head began
/// ```
///
/// What is written between may use `rbp` and `r13` … `r15`, and `rax` outside of the loop over vectors.
public final class CacheLoops {
    private static final int[] ROWS = {RSI, R10, R11, RBX};
    private static final int[] SAVED = {RBX, RBP, R12, R13, R14, R15};

    /// Registers as each group begins, pushed last.
    private static final int[] GROUP = {RDI, RSI, RDX, RCX, R8};

    /// Where these lie.
    private static final Address ONE = at(RSP, 32);

    private static final Address CACHE = at(RSP, 24);
    private static final Address STRIDE = at(RSP, 16);
    private static final Address OTHER = at(RSP, 8);
    private static final Address HEADS = at(RSP, 0);

    /// The arguments on the stack, below the pushed registers and the return address.
    public static final Address ONE_STEP = at(RSP, 8 * (GROUP.length + SAVED.length) + 8);

    public static final Address OTHER_STEP = ONE_STEP.next(8);
    private static final Address PASSES = ONE_STEP.next(16);
    private static final Address GROUPS = ONE_STEP.next(24);
    private static final Address LINES = ONE_STEP.next(32);
    private static final Address AHEAD = ONE_STEP.next(40);

    private static final int LINE_BYTES = 64;

    private final GeneralAssembler code;
    private final Format format;
    private final int rows;
    private int group;
    private int head;
    private int pass;
    private int vector;

    /// @param rows of a group
    public CacheLoops(GeneralAssembler code, Format format, int rows) {
        this.code = code;
        this.format = format;
        this.rows = rows;
    }

    /// Up to the beginning of a pass.
    public void begin() {
        code.pushAll(SAVED);
        code.pushAll(GROUP);
        group = code.here();
        code.lea(R10, at(RSI, 0).plus(RDX, 1));
        code.lea(R11, at(RSI, 0).plus(RDX, 2));
        code.lea(RBX, at(R10, 0).plus(RDX, 2));
        fetchAhead();
        head = code.here();
        code.load(RDX, PASSES);
        pass = code.here();
    }

    private void fetchAhead() {
        code.load(RAX, LINES);
        code.load(R12, AHEAD);
        int line = code.here();
        for (int row = 0; row < rows; row++) {
            code.prefetch(row(row));
        }
        code.addConstant(R12, LINE_BYTES);
        code.decrementAndLoop(RAX, line);
    }

    public void beginVectors() {
        code.mov(RAX, R9);
        code.movConstant(R12, 0);
        vector = code.here();
    }

    /// The present vector of a row.
    public Address row(int row) {
        return at(ROWS[row], 0).plus(R12, 1);
    }

    /// The present vector of floats that begin where `base` points to.
    public Address floats(int base) {
        return at(base, 0).plus(R12, Math.toIntExact(Format.F32.bytes(1) / format.bytes(1)));
    }

    public void endVectors() {
        code.addConstant(R12, Math.toIntExact(format.bytes(CacheRoutines.LANES)));
        code.decrementAndLoop(RAX, vector);
    }

    /// From the end of a pass on.
    ///
    /// @param writesRows whether `other` holds a number for each row, or else `one` does
    public void end(boolean writesRows) {
        code.decrementAndLoop(RDX, pass);
        for (int row = 0; row < rows; row++) {
            code.add(ROWS[row], R12);
        }
        code.decrementAndLoop(R8, head);
        nextGroup(writesRows ? OTHER : ONE);
        code.vzeroupper();
        code.popAll(GROUP);
        code.popAll(SAVED);
        code.ret();
    }

    /// @param numbers points to one for each row
    private void nextGroup(Address numbers) {
        code.load(RAX, numbers);
        code.addConstant(RAX, 4 * rows);
        code.store(numbers, RAX);
        code.load(RDX, STRIDE);
        code.load(RSI, CACHE);
        for (int row = 0; row < rows; row++) {
            code.add(RSI, RDX);
        }
        code.store(CACHE, RSI);
        code.load(RDI, ONE);
        code.load(RCX, OTHER);
        code.load(R8, HEADS);
        code.decrementAndLoop(GROUPS, group);
    }
}
