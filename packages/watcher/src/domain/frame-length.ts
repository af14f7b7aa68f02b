// How much of a line is looked at for a frame.

/** Characters. No frame is longer: a longer line would be written to be slow to read. */
export const maxFrameLength = 2_000;
