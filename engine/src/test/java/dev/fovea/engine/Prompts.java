package dev.fovea.engine;

import dev.fovea.engine.ImageEncoder.Encoded;
import dev.fovea.engine.reduce.ImageSpan;
import dev.fovea.kernel.Tensor;

/// Prompts put together by hand, for passes without a session.
final class Prompts {
    private Prompts() {}

    /// Embeds ids with one image's rows in the place of its mark. Returns where these begin.
    ///
    /// @param image `[tokens, hidden]`
    /// @param rows  `[ids - 1 + tokens, hidden]`
    static int splice(Engine engine, int[] ids, Tensor image, Tensor rows) {
        int row = 0;
        int begin = 0;
        for (int id : ids) {
            if (id == engine.imageToken()) {
                begin = row;
                for (int r = 0; r < image.rows(); r++) {
                    image.copyRow(r, rows.data(), rows.at(row++));
                }
            } else {
                engine.model().decoder().embed(id, rows.slice(row, row + 1));
                row++;
            }
        }
        return begin;
    }

    /// The span of an image whose rows begin at `begin`.
    static ImageSpan span(int begin, Encoded image) {
        return new ImageSpan(
                begin, begin + image.rows().rows(), image.reduced().prompt(), image.grid(), image.outside());
    }
}
