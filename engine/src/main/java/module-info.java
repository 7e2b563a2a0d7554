/// The Fovea library: files, tokenizer, images, vision, token reduction, decoder and sessions.
module dev.fovea.engine {
    requires static transitive org.jspecify;
    requires transitive dev.fovea.kernels;
    requires transitive tools.jackson.databind;
    requires java.desktop;

    uses javax.imageio.spi.ImageReaderSpi;

    exports dev.fovea.engine;
    exports dev.fovea.engine.family;
    exports dev.fovea.engine.file;
    exports dev.fovea.engine.image;
    exports dev.fovea.engine.reduce;
    exports dev.fovea.engine.text;
    exports dev.fovea.engine.tokenizer;
    exports dev.fovea.engine.vision;
}
