package dev.fovea.kernel.emitted.avx512;

import static dev.fovea.kernel.emitted.Address.at;
import static dev.fovea.kernel.emitted.Address.each;
import static dev.fovea.kernel.emitted.avx512.Assembler.R10;
import static dev.fovea.kernel.emitted.avx512.Assembler.R11;
import static dev.fovea.kernel.emitted.avx512.Assembler.R12;
import static dev.fovea.kernel.emitted.avx512.Assembler.R13;
import static dev.fovea.kernel.emitted.avx512.Assembler.R8;
import static dev.fovea.kernel.emitted.avx512.Assembler.R9;
import static dev.fovea.kernel.emitted.avx512.Assembler.RAX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBP;
import static dev.fovea.kernel.emitted.avx512.Assembler.RBX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RCX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RDX;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSI;
import static dev.fovea.kernel.emitted.avx512.Assembler.RSP;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The expected bytes are those of the GNU assembler 2.40 for the same text, which follows the manual.
class AssemblerTest {
    static Stream<Arguments> general() {
        return Stream.of(
                of("mov rax, rdi", "4889f8", a -> a.mov(RAX, RDI)),
                of("mov r10, rsi", "4989f2", a -> a.mov(R10, RSI)),
                of("mov rbx, r9", "4c89cb", a -> a.mov(RBX, R9)),
                of("mov r11, 1152", "49c7c380040000", a -> a.movConstant(R11, 1152)),
                of("mov rax, -1", "48c7c0ffffffff", a -> a.movConstant(RAX, -1)),
                of(
                        "lea r10, [rax+rsi*2+480]",
                        "4c8d9470e0010000",
                        a -> a.lea(R10, at(RAX, 480).plus(RSI, 2))),
                of(
                        "lea rcx, [r10+r11*4]",
                        "4b8d0c9a",
                        a -> a.lea(RCX, at(R10, 0).plus(R11, 4))),
                of("add rdi, r8", "4c01c7", a -> a.add(RDI, R8)),
                of("add r9, 160", "4981c1a0000000", a -> a.addConstant(R9, 160)),
                of("add rdi, -4608", "4881c700eeffff", a -> a.addConstant(RDI, -4608)),
                of("add rcx, [rsp+24]", "48034c2418", a -> a.add(RCX, at(RSP, 24))),
                of("add rdi, [r8]", "490338", a -> a.add(RDI, at(R8, 0))),
                of("lea r10, [rsi+rdx]", "4c8d1416", a -> a.lea(R10, at(RSI, 0).plus(RDX, 1))),
                of("and rsp, -4096", "4881e400f0ffff", a -> a.andConstant(RSP, -4096)),
                of("mov rsp, rax", "4889c4", a -> a.mov(RSP, RAX)),
                of("push rbx", "53", a -> a.push(RBX)),
                of("push r12", "4154", a -> a.push(R12)),
                of("pop rbx", "5b", a -> a.pop(RBX)),
                of("pop r13", "415d", a -> a.pop(R13)),
                of("mov rbp, [rsp+40]", "488b6c2428", a -> a.load(RBP, at(RSP, 40))),
                of("mov r12, [rsp+48]", "4c8b642430", a -> a.load(R12, at(RSP, 48))),
                of("mov r13, [r13]", "4d8b6d00", a -> a.load(R13, at(R13, 0))),
                of("mov rax, [r12+8]", "498b442408", a -> a.load(RAX, at(R12, 8))),
                of("lea rbx, [r8+r9*2]", "4b8d1c48", a -> a.lea(RBX, at(R8, 0).plus(R9, 2))),
                of("mov dword ptr [r8+12], edx", "4189500c", a -> a.store32(at(R8, 12), RDX)),
                of("mov dword ptr [r8], eax", "418900", a -> a.store32(at(R8, 0), RAX)),
                of("mov qword ptr [rsp+840], r12", "4c89a42448030000", a -> a.store(at(RSP, 840), R12)),
                of("mov qword ptr [rbx], rax", "488903", a -> a.store(at(RBX, 0), RAX)),
                of(
                        "prefetchw [rbx+r9*2+64]",
                        "420f0d4c4b40",
                        a -> a.prefetchw(at(RBX, 64).plus(R9, 2))),
                of("prefetchw [r8]", "410f0d08", a -> a.prefetchw(at(R8, 0))),
                of("prefetchw [r9+128]", "410f0d8980000000", a -> a.prefetchw(at(R9, 128))),
                of(
                        "prefetcht1 [rsi+r12]",
                        "420f181426",
                        a -> a.prefetch(at(RSI, 0).plus(R12, 1))),
                of("prefetcht1 [r8]", "410f1810", a -> a.prefetch(at(R8, 0))),
                of("cpuid", "0fa2", Assembler::cpuid),
                of("xgetbv", "0f01d0", Assembler::xgetbv),
                of("ret", "c3", Assembler::ret));
    }

    static Stream<Arguments> moves() {
        return Stream.of(
                of("vmovups zmm0, [rdi]", "62f17c481007", a -> a.vmovups(0, at(RDI, 0))),
                of("vmovups zmm31, [rsi+64]", "62617c48107e01", a -> a.vmovups(31, at(RSI, 64))),
                of("vmovups zmm8, [r8+8192]", "62517c48108000200000", a -> a.vmovups(8, at(R8, 8192))),
                of("vmovups zmm17, [r9+4]", "62c17c48108904000000", a -> a.vmovups(17, at(R9, 4))),
                of("vmovups zmm1, [r13]", "62d17c48104d00", a -> a.vmovups(1, at(R13, 0))),
                of("vmovups zmm1, [r12]", "62d17c48100c24", a -> a.vmovups(1, at(R12, 0))),
                of(
                        "vmovups zmm20, [r13+r12*2]",
                        "62817c4810646500",
                        a -> a.vmovups(20, at(R13, 0).plus(R12, 2))),
                of(
                        "vmovups [rcx+r12], zmm20",
                        "62a17c48112421",
                        a -> a.vmovups(at(RCX, 0).plus(R12, 1), 20)),
                of("vmovups [rcx+768], zmm30", "62617c4811710c", a -> a.vmovups(at(RCX, 768), 30)),
                of("vmovups [rdx-64], zmm9", "62717c48114aff", a -> a.vmovups(at(RDX, -64), 9)),
                of("vmovdqa32 zmm31, zmm14", "62417d486ffe", a -> a.vmovdqa32(31, 14)),
                of("vpbroadcastd zmm12, [rax+320]", "62727d48586050", a -> a.vpbroadcastd(12, at(RAX, 320))),
                of("vpbroadcastd zmm20, [r10+516]", "62c27d4858a204020000", a -> a.vpbroadcastd(20, at(R10, 516))),
                of(
                        "vpbroadcastd zmm5, [rax+rsi*2+4]",
                        "62f27d48586c7001",
                        a -> a.vpbroadcastd(5, at(RAX, 4).plus(RSI, 2))),
                of("vpbroadcastd zmm28, eax", "62627d487ce0", a -> a.vpbroadcastd(28, RAX)),
                of("vpbroadcastd zmm3, r10d", "62d27d487cda", a -> a.vpbroadcastd(3, R10)),
                of("vbroadcastss zmm19, xmm30", "62827d4818de", a -> a.vbroadcastss(19, 30)),
                of("vdpbf16ps zmm3, zmm28, zmm24", "62921e4052d8", a -> a.vdpbf16ps(3, 28, 24)),
                of("vdpbf16ps zmm23, zmm31, zmm27", "6282064052fb", a -> a.vdpbf16ps(23, 31, 27)),
                of("vmaxps zmm1, zmm2, zmm3", "62f16c485fcb", a -> a.vmaxps(1, 2, 3)),
                of("vmaxps zmm17, zmm17, [rax+64]", "62e174405f4801", a -> a.vmaxps(17, 17, at(RAX, 64))),
                of("vsubps zmm4, zmm5, zmm30", "629154485ce6", a -> a.vsubps(4, 5, 30)),
                of("vreduceps zmm7, zmm22, 1", "62b37d4856fe01", a -> a.vreduceps(7, 22, 1)),
                of("vreduceps zmm17, zmm6, 0", "62e37d4856ce00", a -> a.vreduceps(17, 6, 0)),
                of("vscalefps zmm7, zmm8, zmm9", "62d23d482cf9", a -> a.vscalefps(7, 8, 9)),
                of("vscalefps zmm23, zmm24, zmm25", "62823d402cf9", a -> a.vscalefps(23, 24, 25)),
                of("vcvtne2ps2bf16 zmm10, zmm11, zmm12", "6252274872d4", a -> a.vcvtne2ps2bf16(10, 11, 12)),
                of("vcvtne2ps2bf16 zmm26, zmm27, zmm28", "6202274072d4", a -> a.vcvtne2ps2bf16(26, 27, 28)),
                of("vpermw zmm13, zmm14, zmm15", "62528d488def", a -> a.vpermw(13, 14, 15)),
                of("vpermw zmm29, zmm30, zmm31", "62028d408def", a -> a.vpermw(29, 30, 31)),
                of("vfmadd213ps zmm1, zmm2, zmm3", "62f26d48a8cb", a -> a.vfmadd213ps(1, 2, 3)),
                of("vfmadd213ps zmm16, zmm17, zmm18", "62a27540a8c2", a -> a.vfmadd213ps(16, 17, 18)),
                of("vmulps zmm1, zmm2, [rax]", "62f16c485908", a -> a.vmulps(1, 2, at(RAX, 0))),
                of("vmulps zmm17, zmm30, [r12+128]", "62c10c40594c2402", a -> a.vmulps(17, 30, at(R12, 128))),
                of("vmovups zmm24, [r13+256]", "62417c48104504", a -> a.vmovups(24, at(R13, 256))),
                of("vpbroadcastd zmm27, [r12+20]", "62427d48585c2405", a -> a.vpbroadcastd(27, at(R12, 20))),
                of(
                        "vpbroadcastd zmm28, [rbx+rsi*2+12]",
                        "62627d4858647303",
                        a -> a.vpbroadcastd(28, at(RBX, 12).plus(RSI, 2))),
                of(
                        "vmovups [rax+r9+64], zmm5",
                        "62b17c48116c0801",
                        a -> a.vmovups(at(RAX, 64).plus(R9, 1), 5)),
                of("vmovss [rsi+4], xmm18", "62e17e08115601", a -> a.vmovss(at(RSI, 4), 18)),
                of("{evex} vmovss [rsi+4], xmm2", "62f17e08115601", a -> a.vmovss(at(RSI, 4), 2)),
                of("vunpcklps zmm16, zmm0, zmm31", "62817c4814c7", a -> a.vunpcklps(16, 0, 31)),
                of("vunpckhps zmm17, zmm24, zmm1", "62e13c4015c9", a -> a.vunpckhps(17, 24, 1)),
                of("vunpcklpd zmm18, zmm16, zmm9", "62c1fd4014d1", a -> a.vunpcklpd(18, 16, 9)),
                of("vunpckhpd zmm3, zmm27, zmm17", "62b1a54015d9", a -> a.vunpckhpd(3, 27, 17)),
                of("vmovups [rcx], xmm16", "62e17c081101", a -> a.vmovups128(at(RCX, 0), 16)),
                of("vmovups [r9+32], xmm25", "62417c08114902", a -> a.vmovups128(at(R9, 32), 25)),
                of("vmovups [r11], ymm16", "62c17c281103", a -> a.vmovups256(at(R11, 0), 16)),
                of("vmovups [r9+32], ymm25", "62417c28114901", a -> a.vmovups256(at(R9, 32), 25)),
                of("vpmovzxwd zmm30, ymm9", "62427d4833f1", a -> a.vpmovzxwd(30, 9)),
                of("vpshufd zmm16, zmm8, 4e", "62c17d4870c04e", a -> a.vpshufd(16, 8, 0x4e)),
                of("vshufi32x4 zmm9, zmm17, zmm25, b1", "6213754043c9b1", a -> a.vshufi32x4(9, 17, 25, 0xb1)),
                of("vpackssdw zmm1, zmm18, zmm27", "62916d406bcb", a -> a.vpackssdw(1, 18, 27)),
                of("vpackssdw zmm17, zmm2, zmm3", "62e16d486bcb", a -> a.vpackssdw(17, 2, 3)),
                of("vpacksswb zmm20, zmm5, zmm30", "6281554863e6", a -> a.vpacksswb(20, 5, 30)),
                of("vpermd zmm28, zmm19, zmm6", "6262654036e6", a -> a.vpermd(28, 19, 6)),
                of("vpermd zmm3, zmm28, zmm21", "62b21d4036dd", a -> a.vpermd(3, 28, 21)),
                of("vpmovzxbd zmm28, [rsp-16]", "62627d48316424ff", a -> a.vpmovzxbd(28, at(RSP, -16))),
                of("vpmovzxbd zmm1, [r11+32]", "62d27d48314b02", a -> a.vpmovzxbd(1, at(R11, 32))),
                of("vextracti64x4 [r11+48], zmm4, 1", "62d3fd483ba33000000001", a -> a.vextracti64x4(at(R11, 48), 4)),
                of("vextracti64x4 [rsi+64], zmm20, 1", "62e3fd483b660201", a -> a.vextracti64x4(at(RSI, 64), 20)),
                of("{evex} vmovlps [r11+80], xmm2", "62d17c0813530a", a -> a.vmovlps(at(R11, 80), 2)),
                of("vmovlps [r11], xmm18", "62c17c081313", a -> a.vmovlps(at(R11, 0), 18)),
                of("{evex} vmovhps [r11+120], xmm3", "62d17c08175b0f", a -> a.vmovhps(at(R11, 120), 3)),
                of("vmovhps [rsi+40], xmm19", "62e17c08175e05", a -> a.vmovhps(at(RSI, 40), 19)),
                of("vzeroupper", "c5f877", Assembler::vzeroupper));
    }

    static Stream<Arguments> arithmetic() {
        return Stream.of(
                of("vpdpbusd zmm0, zmm24, [rax+8]{1to16}", "62f23d50504002", a -> a.vpdpbusd(0, 24, each(RAX, 8))),
                of("vpdpbusd zmm31, zmm7, [r10+356]{1to16}", "62424558507a59", a -> a.vpdpbusd(31, 7, each(R10, 356))),
                of(
                        "vpdpbusd zmm11, zmm25, [r10+rsi*2+36]{1to16}",
                        "62523550505c7209",
                        a -> a.vpdpbusd(11, 25, each(R10, 36).plus(RSI, 2))),
                of("vpdpbusd zmm18, zmm16, [rdi+128]", "62e27d40505702", a -> a.vpdpbusd(18, 16, at(RDI, 128))),
                of("vpdpbusd zmm18, zmm16, zmm29", "62827d4050d5", a -> a.vpdpbusd(18, 16, 29)),
                of("vcvtneps2bf16 ymm17, zmm25", "62827e4872c9", a -> a.vcvtneps2bf16(17, 25)),
                of(
                        "vdpbf16ps zmm15, zmm17, [rax+4032]{1to16}",
                        "6272765052b8c00f0000",
                        a -> a.vdpbf16ps(15, 17, each(RAX, 4032))),
                of("vdpbf16ps zmm3, zmm16, [rax+4]{1to16}", "62f27e50525801", a -> a.vdpbf16ps(3, 16, each(RAX, 4))),
                of("vpord zmm0, zmm18, zmm29", "62916d40ebc5", a -> a.vpord(0, 18, 29)),
                of("vcvtdq2ps zmm22, zmm13", "62c17c485bf5", a -> a.vcvtdq2ps(22, 13)),
                of("vcvtps2dq zmm13, zmm22", "62317d485bee", a -> a.vcvtps2dq(13, 22)),
                of(
                        "vcvtph2ps zmm19, [rbx+r12]",
                        "62a27d48131c23",
                        a -> a.vcvtph2ps(19, at(RBX, 0).plus(R12, 1))),
                of("vcvtph2ps zmm26, [rsi+32]", "62627d48135601", a -> a.vcvtph2ps(26, at(RSI, 32))),
                of("vmulps zmm1, zmm17, zmm9", "62d1744059c9", a -> a.vmulps(1, 17, 9)),
                of("vaddps zmm17, zmm2, zmm30", "62816c4858ce", a -> a.vaddps(17, 2, 30)),
                of("vaddps zmm17, zmm2, [rdi+64]", "62e16c48584f01", a -> a.vaddps(17, 2, at(RDI, 64))),
                of("vfmadd231ps zmm12, zmm0, zmm24", "62127d48b8e0", a -> a.vfmadd231ps(12, 0, 24)),
                of(
                        "vfmadd231ps zmm12, zmm0, [rax+4]{1to16}",
                        "62727d58b86001",
                        a -> a.vfmadd231ps(12, 0, each(RAX, 4))),
                of("vfmadd213ps zmm23, zmm30, [rcx+128]", "62e20d40a87902", a -> a.vfmadd213ps(23, 30, at(RCX, 128))),
                of("vpxord zmm15, zmm15, zmm15", "62510548efff", a -> a.vpxord(15, 15, 15)),
                of("vpandd zmm2, zmm18, zmm27", "62916d40dbd3", a -> a.vpandd(2, 18, 27)),
                of("vpandd zmm2, zmm27, [rdi+64]", "62f12540db5701", a -> a.vpandd(2, 27, at(RDI, 64))),
                of("vpaddd zmm6, zmm22, zmm10", "62d14d40fef2", a -> a.vpaddd(6, 22, 10)),
                of("vpsubd zmm21, zmm5, zmm25", "62815548fae9", a -> a.vpsubd(21, 5, 25)),
                of("vpmaxud zmm4, zmm20, zmm12", "62d25d403fe4", a -> a.vpmaxud(4, 20, 12)),
                of("vpsrld zmm29, zmm3, 4", "62f1154072d304", a -> a.vpsrld(29, 3, 4)),
                of("vpslld zmm3, zmm29, 7", "6291654872f507", a -> a.vpslld(3, 29, 7)),
                of("vpsrad zmm24, zmm11, 4", "62d13d4072e304", a -> a.vpsrad(24, 11, 4)),
                of("vdivps xmm18{k1}{z}, xmm20, xmm3", "62e15c815ed3", a -> a.vdivpsMasked(18, 20, 3, 1)),
                of("vcmpps k1, xmm16, xmm21, 5", "62b17c00c2cd05", a -> a.vcmpps(1, 16, 21, 5)),
                of("{evex} vcmpps k1, xmm6, xmm2, 5", "62f14c08c2ca05", a -> a.vcmpps(1, 6, 2, 5)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"general", "moves", "arithmetic"})
    void everyInstructionHasItsPublishedBytes(String text, String expected, Consumer<Assembler> instruction) {
        Assembler assembler = new Assembler();
        instruction.accept(assembler);
        assertThat(HexFormat.of().formatHex(assembler.code())).as(text).isEqualTo(expected);
    }

    /// `back: vzeroupper; dec r8; jnz back`: the distance counts from the end of the jump.
    @Test
    void aLoopJumpsToItsTarget() {
        Assembler assembler = new Assembler();
        assembler.ret();
        int back = assembler.here();
        assembler.vzeroupper();
        assembler.decrementAndLoop(R8, back);
        assertThat(HexFormat.of().formatHex(assembler.code())).isEqualTo("c3" + "c5f877" + "49ffc8" + "0f85f4ffffff");
    }

    /// As above, with `dec qword ptr [rsp+72]` or `dec qword ptr [r12+840]`.
    @Test
    void aLoopCountsInMemory() {
        Assembler assembler = new Assembler();
        assembler.decrementAndLoop(at(RSP, 72), 0);
        assembler.decrementAndLoop(at(R12, 840), 0);
        assertThat(HexFormat.of().formatHex(assembler.code()))
                .isEqualTo("48ff4c2448" + "0f85f5ffffff" + "49ff8c2448030000" + "0f85e7ffffff");
    }

    private static Arguments of(String text, String expected, Consumer<Assembler> instruction) {
        return Arguments.of(text, expected, instruction);
    }
}
