// What the pages need of uPlot, as one module.
export { default as uPlot } from "uplot";
