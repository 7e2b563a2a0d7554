package dev.fovea.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fovea.cli.picture.Slide;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `fovea inspect` on small checkpoints.
class InspectCommandTest {
    private static final int PATCHES = 576;

    @TempDir
    static Path directory;

    private static String model = "";
    private static String flexModel = "";
    private static String image = "";

    @BeforeAll
    static void prepare() {
        model = TinyCheckpoint.llavaNext(directory.resolve("model")).toString();
        flexModel = TinyCheckpoint.flex(directory.resolve("flex")).toString();
        image = Ran.picture(directory, "picture.png", 900, 400).toString();
    }

    private static Ran inspect(String checkpoint, String... more) {
        List<String> args = new ArrayList<>(List.of("inspect", "--model", checkpoint, "--image", image));
        args.addAll(List.of(more));
        return Ran.fovea("", args);
    }

    private static JsonNode json(String... more) {
        List<String> args = new ArrayList<>(List.of(more));
        args.add("--json");
        Ran ran = inspect(model, args.toArray(String[]::new));
        assertThat(ran.err()).isEmpty();
        assertThat(ran.code()).isZero();
        assertThat(ran.json().propertyNames()).containsExactly("method", "images");
        return ran.json().get("images").get(0);
    }

    private static int[] ints(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    @Test
    void jsonHasExactlyTheFieldsPromised() {
        JsonNode seen = json("--method", "hired", "--budget", "0.1");

        assertThat(seen.propertyNames()).containsExactly("grid", "tiles", "budgets", "kept", "tokens");
        assertThat(seen.get("grid").toString()).isEqualTo("[1,3]");
        assertThat(seen.get("tiles").intValue()).isEqualTo(4);
        assertThat(seen.get("budgets")).hasSize(4);
        assertThat(seen.get("kept")).hasSize(seen.get("tokens").intValue());
    }

    @Test
    void keptPlacesAreInTheOrderOfTheLanguageModel() {
        JsonNode seen = json("--method", "stride", "--budget", "200");
        int[] kept = ints(seen.get("kept"));

        assertThat(kept).hasSize(200).doesNotHaveDuplicates();
        // the base tile in raster order, then rows that run across the three tiles
        int[] order = IntStream.of(kept)
                .map(place -> place < PATCHES
                        ? place
                        : PATCHES + place % PATCHES / 24 * 72 + (place / PATCHES - 1) * 24 + place % 24)
                .toArray();
        assertThat(order).isSorted();
    }

    @Test
    void everythingIsKeptWithoutAMethod() {
        JsonNode seen = json();

        // 900 x 400 on 1008 x 336: 54 of 72 columns hold the picture, each row ends with a newline that has no place
        assertThat(seen.get("kept")).hasSize(PATCHES + 24 * 54);
        assertThat(seen.get("tokens").intValue()).isEqualTo(PATCHES + 24 * 55);
    }

    @Test
    void mergedTokensAreCountedBesideTheKept() {
        JsonNode seen = json("--method", "prumerge");

        assertThat(seen.get("merged").intValue()).isEqualTo(4);
        assertThat(seen.get("kept").size() + 4).isEqualTo(seen.get("tokens").intValue());
        assertThat(IntStream.of(ints(seen.get("budgets"))).sum())
                .isEqualTo(seen.get("kept").size());
    }

    @Test
    void fastvKeepsPositionsAmongTheImagesTokens() {
        JsonNode seen = json("--method", "fastv", "--set", "k=1", "--set", "r=0.75", "--question", "What?");
        int tokens = seen.get("tokens").intValue();
        int[] kept = ints(seen.get("kept"));

        assertThat(kept).hasSize((int) Math.rint(tokens * 0.25)).isSorted();
        assertThat(kept[kept.length - 1]).isLessThan(tokens);
        assertThat(seen.get("begin").intValue()).isPositive();
        assertThat(seen.get("places").size()).isBetween(1, kept.length);
    }

    @Test
    void flexAttentionShowsCellsByStepAndLayer() {
        Ran ran = inspect(flexModel, "--method", "flexattention", "--budget", "1", "--max-tokens", "2", "--json");
        JsonNode cells = ran.json().get("images").get(0).get("cells");

        assertThat(cells).hasSize(2);
        assertThat(cells.get(0).propertyNames()).containsExactly("8", "9", "10", "11");
        assertThat(ints(cells.get(0).get("8"))).isNotEmpty().isSorted();
        assertThat(IntStream.of(ints(cells.get(0).get("8"))).max().orElse(81)).isLessThan(81);
    }

    @Test
    void textSumsUp() {
        Ran ran = inspect(model, "--method", "hired", "--budget", "100");

        assertThat(ran.code()).isZero();
        assertThat(ran.out())
                .contains("hired (preset paper, budget 100", "picture.png: 900 x 400 px, grid 1 x 3, 4 tiles")
                .contains("of a budget of 100", "lost to padding", "top, middle, bottom");
    }

    @Test
    void thePictureIsASlideWithKeptPatchesInColour() throws IOException {
        Path file = directory.resolve("kept.png");
        Ran ran = inspect(model, "--method", "thumbnail", "--out", file.toString());

        assertThat(ran.code()).isZero();
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(Slide.WIDTH);
        assertThat(picture.getHeight()).isEqualTo(Slide.HEIGHT);
        // left half: the base tile, kept, the white oval at its centre; right half: the mosaic, dropped, dark
        assertThat(brightest(picture, Slide.WIDTH / 4, Slide.HEIGHT / 2)).isGreaterThan(240);
        assertThat(brightest(picture, Slide.WIDTH * 2 / 3, Slide.HEIGHT / 2)).isLessThan(140);
    }

    private static int brightest(BufferedImage picture, int x, int y) {
        int color = picture.getRGB(x, y);
        return Math.max(color >> 16 & 255, Math.max(color >> 8 & 255, color & 255));
    }

    @Test
    void everyMethodCanBeDrawn() {
        for (String method : List.of("none", "prumerge+", "pool", "fastv", "hired,fastv")) {
            Path file = directory.resolve("drawn.png");
            assertThat(inspect(model, "--method", method, "--out", file.toString())
                            .code())
                    .as(method)
                    .isZero();
            assertThat(file).as(method).exists();
        }
        Path cells = directory.resolve("cells.png");
        assertThat(inspect(flexModel, "--method", "flexattention", "--budget", "1", "--out", cells.toString())
                        .code())
                .isZero();
        assertThat(cells).exists();
    }

    @Test
    void failuresLeaveNothingBehind() throws IOException {
        Path own = Files.createDirectory(directory.resolve("own"));
        Path file = own.resolve("kept.png");
        Files.writeString(file, "from before");
        Path broken = Files.writeString(directory.resolve("broken.png"), "no image");

        Ran ran = Ran.fovea("inspect", "--model", model, "--image", broken.toString(), "--out", file.toString());

        assertThat(ran.code()).isEqualTo(1);
        try (Stream<Path> files = Files.list(own)) {
            assertThat(files.map(Path::toFile).map(File::getName)).containsExactly("kept.png");
        }
        assertThat(file).hasContent("from before");
    }
}
