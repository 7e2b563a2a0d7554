package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;

/// Constants in vectors.
final class Constants {
    private Constants() {}

    /// `value` in every lane. Uses `rax`.
    static void broadcast(VexAssembler code, int to, int value) {
        code.movConstant(RAX, value);
        code.vmovd(to, RAX);
        code.vpbroadcastd(to, to);
    }
}
