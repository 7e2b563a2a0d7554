/// Tasks, answer scoring and reports over a Fovea engine.
module dev.fovea.eval {
    requires static transitive org.jspecify;
    requires transitive dev.fovea.engine;

    exports dev.fovea.eval;
    exports dev.fovea.eval.report;
    exports dev.fovea.eval.run;
}
