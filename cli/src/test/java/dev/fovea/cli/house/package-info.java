@NullMarked
package dev.fovea.cli.house;

import org.jspecify.annotations.NullMarked;
