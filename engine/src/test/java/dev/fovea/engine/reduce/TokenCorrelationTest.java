package dev.fovea.engine.reduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.fovea.engine.image.Grid;
import dev.fovea.engine.vision.EncodedImage;
import dev.fovea.engine.vision.Tap;
import dev.fovea.engine.vision.TowerOutput;
import dev.fovea.engine.vision.VisionConfig;
import dev.fovea.kernel.Activation;
import dev.fovea.kernel.Kernels;
import dev.fovea.kernel.Tensor;
import dev.fovea.kernel.Workers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The reconstruction on keys made by hand: one tile of 4 x 4 patches, keys of width 16, one head.
class TokenCorrelationTest {
    private static final int PATCHES = 16;
    private static final VisionConfig CONFIG =
            new VisionConfig(6, PATCHES, 1, 32, 56, 14, Activation.QUICK_GELU, 1e-5f, 5, false);
    private static Workers workers;

    @BeforeAll
    static void start() {
        workers = new Workers(1);
    }

    @AfterAll
    static void stop() {
        workers.close();
    }

    /// Keys of length one: the first `alike` patches share a direction, each other one has its own.
    private static Tensor keys(int alike) {
        Tensor keys = Tensor.zeros(PATCHES, PATCHES);
        for (int p = 0; p < PATCHES; p++) {
            keys.data()[keys.at(p) + (p < alike ? 0 : p)] = 1;
        }
        return keys;
    }

    /// A tap whose class token attends to patch `p` in the order of `interest[p]`.
    private static Tap tap(Tensor keys, float... interest) {
        Tensor all = Tensor.zeros(PATCHES + 1, PATCHES);
        System.arraycopy(keys.data(), 0, all.data(), PATCHES, keys.data().length);
        Tensor query = Tensor.zeros(1, PATCHES);
        System.arraycopy(interest, 0, query.data(), 0, interest.length);
        return new Tap(query, all);
    }

    private static int[] kept(Tap shallow, Tap deep, Map<String, String> settings) {
        Tensor features = Tensor.zeros(PATCHES, PATCHES);
        EncodedImage image = new EncodedImage(
                Grid.single(4, 56, 56),
                new TowerOutput(List.of(features), Map.of(1, List.of(shallow), 4, List.of(deep))),
                CONFIG,
                Kernels.named("scalar", workers),
                false);
        TokenReduction method =
                Reductions.named("tokencorr", new Reductions.Request(Optional.empty(), Optional.empty(), settings));
        return method.reduce(image).prompt().origins();
    }

    @Test
    void aPatchLikeManyOthersIsRedundant() {
        assertThat(TokenCorrelation.redundant(keys(6), 0.9, 0.25)).isEqualTo(6); // 5 peers, more than 4
        assertThat(TokenCorrelation.redundant(keys(5), 0.9, 0.25)).isZero(); // 4 peers, not more than 4
        assertThat(TokenCorrelation.redundant(keys(6), 0.9, 1)).isZero();
    }

    @Test
    void densityIsHowManyStayAndClassAttentionWhich() {
        float[] rising = new float[PATCHES];
        for (int p = 0; p < PATCHES; p++) {
            rising[p] = p;
        }
        Tap flat = tap(keys(1), new float[PATCHES]);
        int[] kept = kept(tap(keys(6), rising), flat, Map.of("beta", "0.25"));
        assertThat(kept).containsExactly(6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }

    @Test
    void outliersOfTheDeepLayerJoinInReadingOrder() {
        float[] late = new float[PATCHES];
        late[15] = 20;
        float[] peak = new float[PATCHES];
        peak[3] = 50;
        int[] kept = kept(tap(keys(15), late), tap(keys(1), peak), Map.of());
        assertThat(kept).containsExactly(3, 15);
    }

    @Test
    void nothingRedundantKeepsEverything() {
        Tap flat = tap(keys(1), new float[PATCHES]);
        assertThat(kept(flat, flat, Map.of())).hasSize(PATCHES);
    }

    @Test
    void aRandomDrawDependsOnTheSeedAlone() {
        Tap alike = tap(keys(8), new float[PATCHES]);
        Tap flat = tap(keys(1), new float[PATCHES]);
        Map<String, String> one = Map.of("sampling", "gumbel", "seed", "1");
        assertThat(kept(alike, flat, one)).hasSize(8).containsExactly(kept(alike, flat, one));
        assertThat(kept(alike, flat, one)).isNotEqualTo(kept(alike, flat, Map.of("sampling", "gumbel", "seed", "2")));
    }

    @Test
    void settingsSayThatItIsAReconstruction() {
        TokenReduction method = Reductions.named("tokencorr", Reductions.Request.standard());
        assertThat(method.settings()).containsEntry("status", "reconstructed").containsEntry("shallow", "by depth");
        assertThat(Reductions.summary("tokencorr")).contains("reconstructed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Reductions.named(
                        "tokencorr", new Reductions.Request(Optional.empty(), Optional.empty(), Map.of("beta", "2"))))
                .withMessageContaining("beta: expected 0 … 1, found 2.0");
    }
}
