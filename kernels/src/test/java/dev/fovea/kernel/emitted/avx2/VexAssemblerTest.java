package dev.fovea.kernel.emitted.avx2;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.GeneralAssembler.R10;
import static dev.fovea.kernel.emitted.GeneralAssembler.R11;
import static dev.fovea.kernel.emitted.GeneralAssembler.R12;
import static dev.fovea.kernel.emitted.GeneralAssembler.R13;
import static dev.fovea.kernel.emitted.GeneralAssembler.R14;
import static dev.fovea.kernel.emitted.GeneralAssembler.R9;
import static dev.fovea.kernel.emitted.GeneralAssembler.RAX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBP;
import static dev.fovea.kernel.emitted.GeneralAssembler.RBX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RCX;
import static dev.fovea.kernel.emitted.GeneralAssembler.RDI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSI;
import static dev.fovea.kernel.emitted.GeneralAssembler.RSP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.kernel.emitted.Address;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The expected bytes are those of the GNU assembler 2.40 for the same text, which follows the manual.
class VexAssemblerTest {
    static Stream<Arguments> moves() {
        return Stream.of(
                of("vmovups ymm0, [rdi]", "c5fc1007", a -> a.vmovups(0, at(RDI, 0))),
                of("vmovups ymm15, [rsi+64]", "c57c107e40", a -> a.vmovups(15, at(RSI, 64))),
                of("vmovups ymm8, [r13+8192]", "c4417c108500200000", a -> a.vmovups(8, at(R13, 8192))),
                of("vmovups ymm1, [r13]", "c4c17c104d00", a -> a.vmovups(1, at(R13, 0))),
                of("vmovups ymm1, [rbp]", "c5fc104d00", a -> a.vmovups(1, at(RBP, 0))),
                of("vmovups ymm9, [r12]", "c4417c100c24", a -> a.vmovups(9, at(R12, 0))),
                of("vmovups ymm3, [rsp-32]", "c5fc105c24e0", a -> a.vmovups(3, at(RSP, -32))),
                of(
                        "vmovups ymm8, [rdi+r12*2+32]",
                        "c4217c10446720",
                        a -> a.vmovups(8, at(RDI, 32).plus(R12, 2))),
                of(
                        "vmovups [rcx+r12], ymm9",
                        "c4217c110c21",
                        a -> a.vmovups(at(RCX, 0).plus(R12, 1), 9)),
                of("vmovups [rcx+127], ymm14", "c57c11717f", a -> a.vmovups(at(RCX, 127), 14)),
                of("vmovups [rcx+128], ymm7", "c5fc11b980000000", a -> a.vmovups(at(RCX, 128), 7)),
                of("vmovups [r9-128], ymm7", "c4c17c117980", a -> a.vmovups(at(R9, -128), 7)),
                of("vmovups [rsp+1536], ymm12", "c57c11a42400060000", a -> a.vmovups(at(RSP, 1536), 12)),
                of("vmovups [rcx], xmm5", "c5f81129", a -> a.vmovups128(at(RCX, 0), 5)),
                of("vmovups [r9+16], xmm11", "c44178115910", a -> a.vmovups128(at(R9, 16), 11)),
                of("vmovss [rsi+4], xmm2", "c5fa115604", a -> a.vmovss(at(RSI, 4), 2)),
                of("vmovss [r10], xmm13", "c4417a112a", a -> a.vmovss(at(R10, 0), 13)),
                of("{load} vmovdqa ymm1, ymm10", "c4c17d6fca", a -> a.vmovdqa(1, 10)),
                of("vmovdqa ymm10, ymm1", "c57d6fd1", a -> a.vmovdqa(10, 1)),
                of("vmovd xmm14, eax", "c5796ef0", a -> a.vmovd(14, RAX)),
                of("vmovd xmm3, r10d", "c4c1796eda", a -> a.vmovd(3, R10)),
                of("vpbroadcastd ymm12, [rax+320]", "c4627d58a040010000", a -> a.vpbroadcastd(12, at(RAX, 320))),
                of("vpbroadcastd ymm6, [r11-4]", "c4c27d5873fc", a -> a.vpbroadcastd(6, at(R11, -4))),
                of(
                        "vpbroadcastd ymm12, [rbx+r14*4+8]",
                        "c4227d5864b308",
                        a -> a.vpbroadcastd(12, at(RBX, 8).plus(R14, 4))),
                of(
                        "vpbroadcastd ymm5, [rax+rsi*2+4]",
                        "c4e27d586c7004",
                        a -> a.vpbroadcastd(5, at(RAX, 4).plus(RSI, 2))),
                of("vpbroadcastd ymm15, xmm8", "c4427d58f8", a -> a.vpbroadcastd(15, 8)),
                of("vextracti128 xmm9, ymm4, 1", "c4c37d39e101", a -> a.vextracti128(9, 4)),
                of("vextracti128 xmm4, ymm9, 1", "c4637d39cc01", a -> a.vextracti128(4, 9)),
                of("vpermq ymm10, ymm3, 0xd8", "c463fd00d3d8", a -> a.vpermq(10, 3, 0xd8)),
                of("vpermq ymm3, ymm10, 0x4e", "c4c3fd00da4e", a -> a.vpermq(3, 10, 0x4e)),
                of("vperm2i128 ymm1, ymm14, ymm9, 1", "c4c30d46c901", a -> a.vperm2i128(1, 14, 9, 1)),
                of("vpshufd ymm6, ymm8, 0x4e", "c4c17d70f04e", a -> a.vpshufd(6, 8, 0x4e)),
                of("vunpcklps ymm9, ymm0, ymm15", "c4417c14cf", a -> a.vunpcklps(9, 0, 15)),
                of("vunpckhps ymm1, ymm12, ymm2", "c59c15ca", a -> a.vunpckhps(1, 12, 2)),
                of("vunpcklpd ymm8, ymm6, ymm9", "c4414d14c1", a -> a.vunpcklpd(8, 6, 9)),
                of("vunpckhpd ymm3, ymm15, ymm7", "c58515df", a -> a.vunpckhpd(3, 15, 7)),
                of("vpackssdw ymm2, ymm10, ymm11", "c4c12d6bd3", a -> a.vpackssdw(2, 10, 11)),
                of("vpacksswb ymm12, ymm3, ymm4", "c56563e4", a -> a.vpacksswb(12, 3, 4)));
    }

    static Stream<Arguments> arithmetic() {
        return Stream.of(
                of("vpxor ymm15, ymm15, ymm15", "c44105efff", a -> a.vpxor(15, 15, 15)),
                of("vpand ymm2, ymm8, ymm13", "c4c13ddbd5", a -> a.vpand(2, 8, 13)),
                of("vpand ymm2, ymm13, [r13+64]", "c4c115db5540", a -> a.vpand(2, 13, at(R13, 64))),
                of("vpsubb ymm13, ymm14, [rsp]", "c50df82c24", a -> a.vpsubb(13, 14, at(RSP, 0))),
                of("vpaddw ymm6, ymm12, ymm10", "c4c11dfdf2", a -> a.vpaddw(6, 12, 10)),
                of("vpaddd ymm6, ymm11, ymm10", "c4c125fef2", a -> a.vpaddd(6, 11, 10)),
                of("vpsubd ymm11, ymm5, ymm9", "c44155fad9", a -> a.vpsubd(11, 5, 9)),
                of("vpmaxud ymm4, ymm10, ymm12", "c4c22d3fe4", a -> a.vpmaxud(4, 10, 12)),
                of("vpsrlw ymm9, ymm3, 8", "c5b571d308", a -> a.vpsrlw(9, 3, 8)),
                of("vpsraw ymm3, ymm12, 8", "c4c16571e408", a -> a.vpsraw(3, 12, 8)),
                of("vpsllw ymm12, ymm13, 8", "c4c11d71f508", a -> a.vpsllw(12, 13, 8)),
                of("vpsrld ymm9, ymm3, 4", "c5b572d304", a -> a.vpsrld(9, 3, 4)),
                of("vpsrad ymm14, ymm11, 4", "c4c10d72e304", a -> a.vpsrad(14, 11, 4)),
                of("vpslld ymm3, ymm9, 7", "c4c16572f107", a -> a.vpslld(3, 9, 7)),
                of("vpmaddwd ymm15, ymm13, ymm12", "c44115f5fc", a -> a.vpmaddwd(15, 13, 12)),
                of("vpmaddwd ymm1, ymm2, ymm3", "c5edf5cb", a -> a.vpmaddwd(1, 2, 3)),
                of("vpmaddubsw ymm11, ymm1, ymm9", "c4427504d9", a -> a.vpmaddubsw(11, 1, 9)),
                of("{vex} vpdpbusd ymm0, ymm12, ymm9", "c4c21d50c1", a -> a.vpdpbusd(0, 12, 9)),
                of("{vex} vpdpbusd ymm11, ymm3, ymm2", "c4626550da", a -> a.vpdpbusd(11, 3, 2)),
                of("{vex} vpdpbusd ymm15, ymm14, ymm13", "c4420d50fd", a -> a.vpdpbusd(15, 14, 13)),
                of("{evex} vpdpbusd ymm0, ymm12, ymm9", "62d21d2850c1", a -> a.vpdpbusdEvex(0, 12, 9)),
                of("{evex} vpdpbusd ymm11, ymm3, ymm2", "6272652850da", a -> a.vpdpbusdEvex(11, 3, 2)),
                of("{evex} vpdpbusd ymm4, ymm15, ymm14", "62d2052850e6", a -> a.vpdpbusdEvex(4, 15, 14)),
                of("vcvtdq2ps ymm2, ymm13", "c4c17c5bd5", a -> a.vcvtdq2ps(2, 13)),
                of("vcvtps2dq ymm13, ymm2", "c57d5bea", a -> a.vcvtps2dq(13, 2)),
                of("vcvtph2ps ymm6, [rsi+16]", "c4e27d137610", a -> a.vcvtph2ps(6, at(RSI, 16))),
                of(
                        "vcvtph2ps ymm11, [r10+r12+16]",
                        "c4027d135c2210",
                        a -> a.vcvtph2ps(11, at(R10, 16).plus(R12, 1))),
                of("vcvtph2ps ymm14, [r10]", "c4427d1332", a -> a.vcvtph2ps(14, at(R10, 0))),
                of("vandps ymm1, ymm9, ymm10", "c4c13454ca", a -> a.vandps(1, 9, 10)),
                of("vmulps ymm1, ymm7, ymm9", "c4c14459c9", a -> a.vmulps(1, 7, 9)),
                of("vmulps ymm9, ymm12, [rdi+480]", "c51c598fe0010000", a -> a.vmulps(9, 12, at(RDI, 480))),
                of("vaddps ymm7, ymm2, ymm10", "c4c16c58fa", a -> a.vaddps(7, 2, 10)),
                of("vaddps ymm7, ymm2, [rdi+64]", "c5ec587f40", a -> a.vaddps(7, 2, at(RDI, 64))),
                of("vdivps ymm8, ymm4, ymm3", "c55c5ec3", a -> a.vdivps(8, 4, 3)),
                of("vcmpps ymm8, ymm6, ymm11, 5", "c4414cc2c305", a -> a.vcmpps(8, 6, 11, 5)),
                of("vfmadd231ps ymm12, ymm0, ymm14", "c4427db8e6", a -> a.vfmadd231ps(12, 0, 14)),
                of("vfmadd231ps ymm2, ymm0, [rbx]", "c4e27db813", a -> a.vfmadd231ps(2, 0, at(RBX, 0))),
                of(
                        "vfmadd213ps ymm13, ymm15, [rcx+128]",
                        "c46205a8a980000000",
                        a -> a.vfmadd213ps(13, 15, at(RCX, 128))),
                of(
                        "vfmadd213ps ymm3, ymm5, [rsp+1568]",
                        "c4e255a89c2420060000",
                        a -> a.vfmadd213ps(3, 5, at(RSP, 1568))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"moves", "arithmetic"})
    void everyInstructionHasItsPublishedBytes(String text, String expected, Consumer<VexAssembler> instruction) {
        VexAssembler assembler = new VexAssembler();
        instruction.accept(assembler);
        assertThat(HexFormat.of().formatHex(assembler.code())).as(text).isEqualTo(expected);
    }

    /// VEX has no bit for it.
    @Test
    void refusesToRepeatMemoryInEveryLane() {
        Address each = new Address(RAX, Address.NONE, 1, 0, true);
        assertThatIllegalArgumentException().isThrownBy(() -> new VexAssembler().vmulps(0, 1, each));
    }

    @Test
    void refusesRegistersOfAvx512() {
        VexAssembler assembler = new VexAssembler();
        assertThatIllegalArgumentException().isThrownBy(() -> assembler.vaddps(16, 1, 2));
        assertThatIllegalArgumentException().isThrownBy(() -> assembler.vaddps(1, 31, at(RAX, 0)));
        assertThatIllegalArgumentException().isThrownBy(() -> assembler.vpdpbusd(1, 2, 16));
        assertThatIllegalArgumentException().isThrownBy(() -> assembler.vpdpbusdEvex(1, 17, 2));
    }

    private static Arguments of(String text, String expected, Consumer<VexAssembler> instruction) {
        return Arguments.of(text, expected, instruction);
    }
}
