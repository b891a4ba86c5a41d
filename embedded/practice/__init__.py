"""The practice site: pages that ship with the project, and behave as pages of the web do, the bad ones too."""
