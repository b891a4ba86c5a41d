"""What only a worker process is: the attempt in its children, and the beat in its main process."""
