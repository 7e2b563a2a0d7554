/// The Fovea library: files, tokenizer, images, vision, token reduction, decoder and sessions.
module dev.fovea.engine {
    requires static transitive org.jspecify;
    requires transitive dev.fovea.kernels;
    requires tools.jackson.databind;
    requires java.desktop;

    uses javax.imageio.spi.ImageReaderSpi;

    exports dev.fovea.engine;
}
